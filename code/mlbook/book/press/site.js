// What scripts add to the pages: themes, drawer, search, copying, previews, tabs, enlarged figures, widgets.
// Everything here is an addition: without it the pages read completely.
(() => {
  "use strict";

  const root = document.documentElement;
  const toTop = document.currentScript.dataset.root;
  const base = new URL(toTop || "./", document.baseURI);
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const darkSystem = matchMedia("(prefers-color-scheme: dark)");

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function remember(name, value) {
    try {
      if (value === null) localStorage.removeItem(name);
      else localStorage.setItem(name, value);
    } catch { /* a browser that keeps nothing works all the same */ }
  }

  function recall(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  }

  // A modal panel: the browser keeps the focus inside, closes on Escape and gives the focus back.
  function panel(kind, label) {
    const close = make("button", { type: "button", class: "close" }, "Close");
    const dialog = make("dialog", { class: kind, "aria-label": label }, close);
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    document.body.append(dialog);
    return dialog;
  }

  // Themes.
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : darkSystem.matches);
  const themeButtons = $$("[data-set-theme]");

  function showTheme() {
    const now = root.dataset.theme || "system";
    for (const button of themeButtons) button.setAttribute("aria-pressed", String(button.dataset.setTheme === now));
    document.dispatchEvent(new Event("mlbook:theme"));
  }

  for (const button of themeButtons) {
    button.addEventListener("click", () => {
      const wanted = button.dataset.setTheme;
      if (wanted === "system") delete root.dataset.theme;
      else root.dataset.theme = wanted;
      remember("mlbook-theme", wanted === "system" ? null : wanted);
      showTheme();
    });
  }
  darkSystem.addEventListener("change", showTheme);
  showTheme();

  // Navigation: the current page in sight; on small screens all of it in a drawer.
  const nav = $("#book-nav");
  const current = $("[aria-current]", nav);
  if (current) {
    const list = $(".nav-list", nav);
    list.scrollTop += current.getBoundingClientRect().top - list.getBoundingClientRect().top - list.clientHeight / 3;
  }
  const menuLink = $(".menu");
  const menu = make("button", { type: "button", class: "menu", "aria-haspopup": "dialog" }, menuLink.textContent);
  menuLink.replaceWith(menu);
  const home = nav.parentElement;
  let drawer = null;
  menu.addEventListener("click", () => {
    drawer ??= panel("drawer", "Contents of the book");
    drawer.append(nav);
    drawer.addEventListener("close", () => home.append(nav), { once: true });
    drawer.showModal();
  });
  matchMedia("(max-width: 860px)").addEventListener("change", (event) => !event.matches && drawer?.close());

  // Search: the index and its code are fetched when first asked for.
  let search = null;
  async function openSearch() {
    if ($("dialog[open]")) return;
    if (!search) {
      const dialog = panel("search", "Search the book");
      search = { dialog, ready: import(new URL("assets/search.js", base)).then((module) => module.start(dialog, base)) };
    }
    search.dialog.showModal();
    try {
      (await search.ready).focus();
    } catch (error) {
      search.dialog.append(make("p", { class: "status", role: "alert" }, "The search could not be loaded."));
      throw error;
    }
  }
  const searchButton = $(".search-open");
  if (location.protocol.startsWith("http")) {
    searchButton.addEventListener("click", openSearch);
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
      const slash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
      if (slash || ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k")) {
        event.preventDefault();
        openSearch();
      }
    });
  } else {
    searchButton.remove();
  }

  // Page contents: mark the section in sight.
  const marks = new Map($$(".toc a").map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  const sections = [...marks.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  if (sections.length) {
    let waiting = false;
    const spy = () => {
      waiting = false;
      const line = innerHeight * 0.28;
      const atEnd = scrollY > 0 && innerHeight + scrollY >= root.scrollHeight - 4;
      const passed = sections.filter((section) => section.getBoundingClientRect().top < line);
      const here = atEnd ? sections.at(-1) : passed.at(-1);
      for (const [id, link] of marks) {
        const on = id === here?.id;
        if (on && !link.classList.contains("here")) link.scrollIntoView({ block: "nearest", behavior: "instant" });
        link.classList.toggle("here", on);
        if (on) link.setAttribute("aria-current", "location");
        else link.removeAttribute("aria-current");
      }
    };
    addEventListener("scroll", () => {
      if (!waiting) requestAnimationFrame(spy);
      waiting = true;
    }, { passive: true });
    spy();
  }

  // Links to headings.
  for (const heading of $$("article :is(h2, h3, h4)[id]")) {
    heading.append(make("a", { class: "anchor", href: `#${heading.id}`, "aria-label": "Link to this section" }));
  }

  // Copying code.
  const announcer = make("div", { role: "status", class: "visually-hidden" });
  announcer.style.cssText = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)";
  $("main").append(announcer);
  if (navigator.clipboard) {
    for (const block of $$("article div.sourceCode")) {
      const button = make("button", { type: "button", class: "copy", "aria-label": "Copy the code" }, "Copy");
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText($("code", block).textContent.replace(/\n+$/, "\n"));
        button.textContent = "Copied";
        button.classList.add("done");
        announcer.textContent = "Code copied";
        setTimeout(() => {
          button.textContent = "Copy";
          button.classList.remove("done");
          announcer.textContent = "";
        }, 1600);
      });
      block.append(button);
    }
  }

  // What scrolls sideways can be reached by keyboard; what does not is no stop on the way.
  const wide = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  for (const element of $$("article :is(pre, .table-scroll, math[display=block])")) wide.observe(element);

  // Tabs: arrow keys move; sets of one group move together.
  function selectTab(tab, focus) {
    const list = tab.parentElement;
    for (const other of $$("[role=tab]", list)) {
      const on = other === tab;
      other.setAttribute("aria-selected", String(on));
      other.tabIndex = on ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).classList.toggle("active", on);
    }
    if (focus) tab.focus();
  }
  function chooseTab(tab, focus) {
    const top = tab.getBoundingClientRect().top;
    selectTab(tab, focus);
    const group = tab.closest(".panel-tabset").dataset.group;
    if (!group) return;
    remember(`mlbook-tab-${group}`, tab.textContent);
    showGroup(group, tab.textContent);
    scrollBy({ top: tab.getBoundingClientRect().top - top, behavior: "instant" });
  }
  function showGroup(group, name) {
    for (const set of $$(`.panel-tabset[data-group="${CSS.escape(group)}"]`)) {
      const same = $$("[role=tab]", set).find((tab) => tab.textContent === name);
      if (same) selectTab(same, false);
    }
  }
  for (const set of $$(".panel-tabset")) {
    const tabs = $$("[role=tab]", set);
    set.addEventListener("click", (event) => tabs.includes(event.target) && chooseTab(event.target, false));
    set.addEventListener("keydown", (event) => {
      const place = tabs.indexOf(event.target);
      const next = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (place < 0 || next === undefined) return;
      event.preventDefault();
      chooseTab(tabs.at(next % tabs.length), true);
    });
    const kept = set.dataset.group && recall(`mlbook-tab-${set.dataset.group}`);
    if (kept) showGroup(set.dataset.group, kept);
  }

  // A link into something folded opens it.
  function unfold() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    const tab = target.closest(".tab-panel:not(.active)");
    if (tab) selectTab(document.getElementById(tab.getAttribute("aria-labelledby")), false);
    if (target.closest("details, .tab-panel")) target.scrollIntoView({ behavior: "instant" });
  }
  addEventListener("hashchange", unfold);
  unfold();
  addEventListener("beforeprint", () => $$("article details:not([open])").forEach((box) => {
    box.open = true;
    box.dataset.printed = "";
  }));
  addEventListener("afterprint", () => $$("details[data-printed]").forEach((box) => {
    box.open = false;
    delete box.dataset.printed;
  }));

  // Enlarged figures.
  let lightbox = null;
  function enlarge(frame) {
    const image = $$("img", frame).find((candidate) => candidate.offsetParent) || $("img", frame);
    const copy = image.cloneNode();
    copy.removeAttribute("loading");
    copy.removeAttribute("class");
    const caption = frame.closest("figure, .quarto-figure, [id^=fig-]")?.querySelector("figcaption, .caption");
    lightbox ??= panel("lightbox", "Figure, enlarged");
    lightbox.replaceChildren(lightbox.firstElementChild, copy, ...(caption ? [make("p", {}, caption.textContent)] : []));
    lightbox.showModal();
  }
  const framed = new Set($$("article :is(figure, .cell-output-display, p) > img, article .cell-output-display > p > img")
    .filter((image) => !image.closest("a, .cell-output-display:has(+ :is(.plotly-widget, .explorable))"))
    .map((image) => image.closest("[id^=fig-] .cell-output-display") || image.parentElement));
  for (const frame of framed) {
    frame.classList.add("zoom");
    const button = make("button", { type: "button", "aria-label": "Enlarge the figure" }, "Enlarge");
    button.addEventListener("click", () => enlarge(frame));
    frame.append(button);
    for (const image of $$("img", frame)) image.addEventListener("click", () => enlarge(frame));
  }

  // Previews of what a link leads to: figures, equations, notes, works cited, on this page or another.
  const PREVIEWED = "a.quarto-xref, a[role=doc-noteref], a[role=doc-biblioref], a.term-ref";
  const preview = make("div", { class: "preview", role: "tooltip", id: "preview", hidden: "" });
  $("main").append(preview);
  for (const link of $$("a.term-ref[title]")) { // shown here instead of by the browser: on focus, too
    link.dataset.definition = link.title;
    link.removeAttribute("title");
  }
  const pages = new Map();
  let shownFor = null;
  let timer = 0;

  async function pageOf(url) {
    if (url.pathname === location.pathname) return document;
    if (!pages.has(url.pathname)) {
      pages.set(url.pathname, fetch(url).then(async (answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
        const other = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const image of $$("img[src]", other)) image.src = new URL(image.getAttribute("src"), url).href;
        return other;
      }));
    }
    return pages.get(url.pathname);
  }

  // Of a heading, the first paragraph too; of anything else, itself; without what could be operated.
  function excerpt(target) {
    const heading = /^H[1-6]$/.test(target.tagName);
    const parts = [target.cloneNode(true)];
    if (heading) {
      let next = target.nextElementSibling;
      while (next && !/^(P|H[1-6])$/.test(next.tagName)) next = next.nextElementSibling;
      if (next?.tagName === "P") parts.push(next.cloneNode(true));
    }
    const box = make("div", {}, ...parts);
    for (const element of $$(".copy, .anchor, .footnote-back, .zoom > button, details, template, script, .explorable", box)) element.remove();
    for (const still of $$(".explored", box)) still.classList.remove("explored");
    for (const element of $$("[id]", box)) element.removeAttribute("id");
    for (const link of $$("a, [tabindex]", box)) {
      for (const name of ["href", "role", "tabindex"]) link.removeAttribute(name);
    }
    for (const image of $$("img", box)) image.loading = "eager";
    if (heading) parts[0].replaceWith(make("p", {}, make("strong", {}, parts[0].textContent)));
    return box;
  }

  async function contentFor(link) {
    if (link.dataset.definition) return make("p", {}, link.dataset.definition);
    const url = new URL(link.href);
    const target = (await pageOf(url)).getElementById(decodeURIComponent(url.hash.slice(1)));
    return target && excerpt(target.closest("dt")?.nextElementSibling ?? target);
  }

  async function show(link) {
    try {
      const content = await contentFor(link);
      if (!content || shownFor !== link) return;
      preview.replaceChildren(content);
    } catch {
      return; // from a disk, or offline: the link itself still works
    }
    preview.hidden = false;
    link.setAttribute("aria-describedby", "preview");
    const at = link.getClientRects()[0];
    const size = preview.getBoundingClientRect();
    const below = at.bottom + size.height + 12 < innerHeight || at.top < size.height + 12;
    preview.style.top = `${scrollY + (below ? at.bottom + 6 : at.top - size.height - 6)}px`;
    preview.style.left = `${scrollX + Math.max(12, Math.min(at.left, root.clientWidth - size.width - 12))}px`;
  }
  function hide() {
    clearTimeout(timer);
    shownFor?.removeAttribute("aria-describedby");
    shownFor = null;
    preview.hidden = true;
  }
  function soon(link, delay) {
    clearTimeout(timer);
    if (shownFor === link) return;
    timer = setTimeout(() => {
      hide();
      shownFor = link;
      show(link);
    }, delay);
  }
  const previewed = (event) => event.target.closest?.(PREVIEWED);
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const link = previewed(event);
    if (link) soon(link, 180);
    else if (event.target.closest?.(".preview")) clearTimeout(timer);
    else if (shownFor && document.activeElement !== shownFor) {
      clearTimeout(timer);
      timer = setTimeout(hide, 250);
    } else if (!shownFor) clearTimeout(timer);
  });
  document.addEventListener("focusin", (event) => {
    const link = previewed(event);
    if (link?.matches(":focus-visible")) soon(link, 0);
    else if (shownFor) hide();
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("click", (event) => shownFor && !event.target.closest(".preview") && hide());

  // Widgets: Plotly is fetched when the first one comes into sight; until then, and without it, the still stays.
  let plotly = null;
  function loadPlotly() {
    plotly ??= new Promise((resolve, reject) => {
      const script = make("script", { src: new URL("assets/plotly.min.js", base).href });
      script.addEventListener("load", resolve);
      script.addEventListener("error", reject);
      document.head.append(script);
    });
    return plotly;
  }

  // The data name the light colors; `dark` says what each becomes on a dark page.
  function themed(text) {
    const spec = JSON.parse(text);
    if (!isDark()) return spec;
    const colors = Object.keys(spec.dark ?? {});
    if (!colors.length) return spec;
    const pattern = new RegExp(colors.join("|"), "gi");
    const dark = spec.dark;
    delete spec.dark;
    return JSON.parse(JSON.stringify(spec).replace(pattern, (color) => dark[color.toLowerCase()]));
  }

  async function enliven(widget) {
    const text = $("script", widget).textContent;
    await loadPlotly();
    const stills = $$("img.light-content, img.dark-content", widget.closest("[id^=fig-], .cell-output-display, .cell"));
    const still = stills.find((image) => image.offsetParent);
    const height = Math.max(still?.getBoundingClientRect().height || Number(widget.dataset.height), 300);
    const draw = () => {
      const { data, layout, frames } = themed(text);
      const size = { width: undefined, height, autosize: true };
      const config = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["sendDataToCloud"] };
      return window.Plotly.react(plot, { data, layout: { ...layout, ...size }, config, frames });
    };
    const plot = make("div", { class: "plot" });
    widget.append(plot);
    widget.hidden = false;
    try {
      await draw();
    } catch (error) {
      plot.remove();
      widget.hidden = true;
      throw error;
    }
    for (const image of stills) {
      image.classList.add("replaced");
      $(":scope > button", image.closest(".zoom") ?? image)?.classList.add("replaced");
    }
    document.addEventListener("mlbook:theme", draw);
  }

  const widgets = new Map();
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      enliven(widgets.get(target)).catch(() => {}); // without Plotly the still stays
    }
  }, { rootMargin: "200px" });
  for (const widget of $$(".plotly-widget")) {
    // What is hidden never comes into sight: its still, or the block it stands in, is watched instead.
    const place = widget.parentElement;
    widgets.set(place, widget);
    seen.observe(place);
  }

  // Explorables: their loader waits until one comes near. Browsers take no modules from a disk: there the stills stay.
  if ($(".explorable") && location.protocol.startsWith("http")) {
    import(new URL("assets/explore/load.js", base)).catch(() => {});
  }
})();
