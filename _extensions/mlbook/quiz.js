// Makes forms of a quiz's questions. What is right and what to say is in the page, as quiz.lua wrote it: without this
// script the questions stand readable, with their answers folded below. Needs no server and no other script.
(() => {
  "use strict";

  const $ = (selector, within) => within.querySelector(selector);
  const $$ = (selector, within) => [...within.querySelectorAll(selector)];

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  // A copy of what stands in an element, without ids; `lead` false leaves out the bold words in front.
  function said(element, lead = true) {
    const copy = element.cloneNode(true);
    for (const one of $$("[id]", copy)) one.removeAttribute("id");
    if (!lead) $("strong", copy)?.remove();
    return [...copy.childNodes];
  }

  // The words of an element, of its formulas the letters.
  function spoken(element) {
    const copy = element.cloneNode(true);
    for (const source of $$("annotation", copy)) source.remove();
    return copy.textContent.trim();
  }

  const letter = (index) => String.fromCharCode(65 + index); // as the answer below calls what is chosen

  const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

  // Each kind gives its fields, and `check`: state ("open", "wrong" or "right"), a line, what more to say, marks for rows.

  function choice(question, several) {
    const feedback = $$(".quiz-feedback > ol > li > [data-right]", question);
    const rows = $$(".quiz-options li", question).map((item, index) => {
      const input = make("input", { type: several ? "checkbox" : "radio", name: question.id, value: index });
      const text = make("span", { "data-letter": letter(index) }, ...item.childNodes);
      if ($("math", text)) input.setAttribute("aria-label", spoken(text)); // formulas alone name nothing
      return make("label", { class: "quiz-row" }, input, text);
    });
    const isRight = (index) => feedback[index].dataset.right === "true";
    const all = rows.map((_, index) => index);

    function check() {
      const chosen = all.filter((index) => $("input", rows[index]).checked);
      if (!chosen.length) return { state: "open", line: "Choose an answer first." };
      const marks = new Map(chosen.map((index) => [rows[index], isRight(index) ? "right" : "wrong"]));
      const wrong = chosen.filter((index) => !isRight(index)).length;
      const found = chosen.length - wrong;
      const wanted = all.filter(isRight).length;
      const state = wrong === 0 && found === wanted ? "right" : "wrong";
      const about = (index) => (several ? [make("p", { class: "quiz-about" }, spoken($("span", rows[index])))] : []);
      const more = chosen.flatMap((index) => [...about(index), ...said(feedback[index])]);
      let line = "";
      if (several && state === "right") line = "All of them, and no other.";
      else if (several) line = `You have ${found} of ${count(wanted, "right answer")}, and ${wrong} that ${wrong === 1 ? "is" : "are"} not right.`;
      return { state, line, more, marks };
    }
    return { fields: rows, check };
  }

  function numeric(question) {
    const { answer, tolerance, unit } = question.dataset;
    const input = make("input", { type: "number", step: "any", class: "quiz-number-field", "aria-label": unit ? `Your answer, in ${unit}` : "Your answer" });
    const misses = $$(".quiz-feedback > ul > li > [data-value]", question);
    const close = (value) => Math.abs(input.valueAsNumber - Number(value)) <= Number(tolerance) * (1 + 1e-9);

    function check() {
      if (Number.isNaN(input.valueAsNumber)) return { state: "open", line: "Type a number first, with a point for decimals." };
      if (close(answer)) return { state: "right", line: "Right." };
      const miss = misses.find((one) => close(one.dataset.value)) ?? misses.at(-1);
      return { state: "wrong", line: "Not this number.", more: said(miss, false) };
    }
    return { fields: [make("div", { class: "quiz-row" }, input, ...(unit ? [make("span", { "aria-hidden": "true" }, unit)] : []))], check };
  }

  function order(question, tell) {
    const feedback = $$(".quiz-feedback > ol > li > [data-place]", question);
    const list = make("ol", { class: "quiz-order" });
    const steps = new Map($$(".quiz-options li", question).map((item, index) => {
      const text = spoken(item);
      const row = make("li", { class: "quiz-row" }, make("span", { "data-letter": letter(index) }, ...item.childNodes));
      for (const [step, name] of [[-1, "up"], [1, "down"]]) {
        const button = make("button", { type: "button", class: `quiz-${name}`, "aria-label": `Move ${name}: ${text}` });
        button.addEventListener("click", () => move(row, step, button));
        row.append(button);
      }
      list.append(row);
      return [row, feedback[index]];
    }));

    function showEnds() {
      const rows = [...list.children];
      rows.forEach((row, place) => {
        $(".quiz-up", row).setAttribute("aria-disabled", String(place === 0));
        $(".quiz-down", row).setAttribute("aria-disabled", String(place === rows.length - 1));
      });
    }

    function move(row, step, button) {
      const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
      if (other) {
        if (step < 0) other.before(row);
        else other.after(row);
        button.focus(); // a moved element loses it
      }
      showEnds();
      tell(`Now at place ${[...list.children].indexOf(row) + 1} of ${list.children.length}.`);
    }
    showEnds();

    function check() {
      const rows = [...list.children];
      const inPlace = (row, place) => Number(steps.get(row).dataset.place) === place + 1;
      const marks = new Map(rows.map((row, place) => [row, inPlace(row, place) ? "right" : "wrong"]));
      const first = rows.find((row, place) => !inPlace(row, place));
      if (!first) return { state: "right", line: "Right, all in order.", marks };
      const good = rows.filter(inPlace).length;
      const name = make("p", {}, make("strong", {}, `“${spoken($("span", first))}” belongs elsewhere.`));
      const line = `${good} of ${count(rows.length, "step")} in place.`;
      return { state: "wrong", line, more: [name, ...said(steps.get(first), false)], marks };
    }
    return { fields: [list], check };
  }

  const KINDS = {
    single: (question) => choice(question, false),
    multiple: (question) => choice(question, true),
    numeric,
    order,
  };

  function build(question, changed) {
    const status = make("div", { role: "status", class: "quiz-status" });
    const form = make("form", { class: "quiz-form", novalidate: "" });

    function clear() {
      delete question.dataset.state;
      for (const row of $$("[data-mark]", form)) delete row.dataset.mark;
      status.replaceChildren();
    }
    function tell(line) {
      clear();
      status.append(make("p", {}, line));
    }

    const { fields, check } = KINDS[question.dataset.kind](question, tell);
    const text = $(".quiz-text", question);
    const legend = make("legend", {}, ...text.firstElementChild.childNodes);
    text.firstElementChild.remove();
    const fieldset = make("fieldset", {}, legend);
    if (text.childElementCount) {
      text.id = `${question.id}-text`;
      fieldset.setAttribute("aria-describedby", text.id);
      fieldset.append(text);
    } else {
      text.remove();
    }
    fieldset.append(...fields);
    form.append(fieldset, make("button", { class: "quiz-check" }, "Check"), status);
    $(".quiz-options", question)?.remove();
    $("details", question).before(form);

    form.addEventListener("input", clear);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { state, line, more = [], marks = new Map() } = check();
      clear();
      question.dataset.state = state;
      for (const [row, mark] of marks) row.dataset.mark = mark;
      if (line) status.append(make("p", {}, make("strong", {}, line)));
      status.append(...more);
      if (state === "right") status.append(...said($(".quiz-explanation", question)));
      changed();
    });
  }

  function start() {
    for (const quiz of $$(".quiz", document)) {
      const questions = $$(".quiz-question", quiz);
      const score = make("p", { class: "quiz-score" });
      const solved = new Set();
      const showScore = () => {
        for (const question of questions) if (question.dataset.state === "right") solved.add(question);
        score.textContent = `${solved.size} of ${questions.length} solved`;
      };
      $(".quiz-note", quiz).remove();
      for (const question of questions) build(question, showScore);
      showScore();
      quiz.append(score);
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
