// Added to pages by the preview server alone: reloads a page when its site was built again, or says why it was not.
const own = document.currentScript;
const events = new EventSource(new URL("events", own.src));
const bar = document.createElement("pre");
bar.setAttribute("role", "status");
bar.style.cssText =
  "position:fixed;inset:auto 0 0 0;z-index:9999;margin:0;padding:1rem;max-height:40vh;overflow:auto;" +
  "white-space:pre-wrap;background:#7a1020;color:#fff;font:1rem/1.4 ui-monospace,monospace";

events.onmessage = (message) => {
  const { version, fault } = JSON.parse(message.data);
  bar.remove();
  if (fault) {
    bar.textContent = fault;
    document.body.append(bar);
  } else if (String(version) !== own.dataset.version) {
    events.close();
    location.reload();
  }
};
