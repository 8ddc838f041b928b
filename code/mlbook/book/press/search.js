// The search panel: our own, over Pagefind's index. Loaded when the panel is first opened.

const SHOWN = 12;
const DELAY = 120; // milliseconds without a key before asking

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Pagefind marks what was found by <mark> in otherwise escaped text; nothing else is let through.
function marked(excerpt) {
  const span = make("span", { class: "excerpt" });
  const text = new DOMParser().parseFromString(excerpt, "text/html").body;
  for (const node of text.childNodes) {
    span.append(node.nodeName === "MARK" ? make("mark", {}, node.textContent) : node.textContent);
  }
  return span;
}

function entries(result) {
  const page = result.meta.title || result.url;
  const parts = result.sub_results?.length ? result.sub_results.slice(0, 3) : [result];
  return parts.map((part) => {
    const place = part.title && part.title !== page ? part.title : "";
    const link = make("a", { href: part.url }, make("strong", {}, place || page), marked(part.excerpt));
    if (place) link.insertBefore(make("span", { class: "place" }, ` · ${page}`), link.lastChild);
    return make("li", {}, link);
  });
}

async function load(base) {
  const pagefind = await import(new URL("pagefind/pagefind.js", base));
  await pagefind.options({ baseUrl: base.pathname, excerptLength: 24 });
  await pagefind.init();
  return pagefind;
}

// Fills the panel and returns the field to type in, which takes keys while the index is still on its way.
export function start(dialog, base) {
  const input = make("input", { type: "search", "aria-label": "Search the book", placeholder: "Search the book", autocomplete: "off", spellcheck: "false" });
  const form = make("form", { role: "search" }, input, dialog.querySelector(".close"));
  const status = make("p", { class: "status", role: "status" }, "Type a word or a phrase in “quotes”.");
  const list = make("ol", { "aria-label": "Results" });
  dialog.replaceChildren(form, status, list);
  const links = () => [...list.querySelectorAll("a")];

  const engine = load(base);
  engine.catch(() => {
    status.textContent = "The search could not be loaded.";
  });

  let asked = "";
  async function ask() {
    const words = input.value.trim();
    if (words === asked) return;
    asked = words;
    if (!words) {
      list.replaceChildren();
      status.textContent = "";
      return;
    }
    const found = await (await engine).search(words.replaceAll(/[“”]/g, '"'));
    const results = await Promise.all(found.results.slice(0, SHOWN).map((result) => result.data()));
    if (words !== asked) return;
    list.replaceChildren(...results.flatMap(entries));
    const count = found.results.length;
    status.textContent = count ? `${count} page${count === 1 ? "" : "s"} found` : `Nothing found for “${words}”`;
  }

  let timer = 0;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, DELAY);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await ask();
    links()[0]?.focus();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault(); // a search field would only clear itself
      dialog.close();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const stops = [input, ...links()];
    stops.at((stops.indexOf(document.activeElement) + step) % stops.length).focus();
  });
  list.addEventListener("click", (event) => event.target.closest("a") && dialog.close());
  return input;
}
