// Starts the page's explorables, each when it comes near the window; until then, and without it, its still stays.
// It finds its neighbors by its own address, so it works wherever a typesetter puts this folder.

const NEAR = "600px 0px";
let looks = null;

function loadLooks() {
  looks ??= new Promise((resolve, reject) => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = new URL("explore.css", import.meta.url).href;
    sheet.addEventListener("load", resolve);
    sheet.addEventListener("error", () => reject(new Error("its style sheet did not arrive")));
    document.head.append(sheet);
  });
  return looks;
}

// Puts a line where the explorable would stand.
export function excuse(box, reason) {
  const line = document.createElement("p");
  line.className = "explore-excuse";
  line.setAttribute("role", "status");
  line.textContent = `The interactive version of this figure is not available here: ${reason}. The picture shows the same data.`;
  box.hidden = true;
  box.after(line);
}

async function begin(box) {
  try {
    const [core] = await Promise.all([import("./core.js"), loadLooks()]);
    await core.mount(box);
  } catch (error) {
    excuse(box, error instanceof TypeError ? "a part of it did not arrive or is broken" : error.message);
  }
}

// What is hidden never comes into sight, so the block around it is watched.
const boxes = new Map([...document.querySelectorAll(".explorable")].map((box) => [box.parentElement, box]));
const watcher = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    watcher.unobserve(target);
    begin(boxes.get(target));
  }
}, { rootMargin: NEAR });
for (const place of boxes.keys()) watcher.observe(place);

// An address that holds an explorable's state leads to it, like one that holds its id.
// Those on the way start first, or the place would move away from under the reader.
const wanted = location.hash.match(/^#([\w-]+):/)?.[1];
const target = document.getElementById(`explorable-${wanted}`);
if (target) {
  const before = [...boxes].filter(([, box]) => !(box.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING));
  for (const [place] of before) watcher.unobserve(place);
  await Promise.all(before.map(([, box]) => begin(box)));
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame); // until they are laid out
  document.getElementById(wanted)?.scrollIntoView({ behavior: "instant" });
}
