"use strict";
// Moves what the page already holds: every number comes from the rows embedded below it, as the tables write them.
(() => {
  const embedded = document.getElementById("rows");
  const data = embedded ? JSON.parse(embedded.textContent) : null;
  const all = (selector, from) => Array.from((from || document).querySelectorAll(selector));

  // Tables as text that a spreadsheet reads and does not run.
  const field = (text) => {
    const plain = text.replace(/\s+/g, " ").trim();
    const inert = /^[=+\-@]/.test(plain) && !/^[+\-]?[0-9]/.test(plain) ? "'" + plain : plain;
    return /[",]/.test(inert) ? '"' + inert.replace(/"/g, '""') + '"' : inert;
  };
  const csv = (table) => {
    let spanning = null;
    const line = (row) => {
      const cells = Array.from(row.cells);
      const first = cells[0];
      if (first && first.rowSpan > 1) spanning = { text: first.textContent, left: first.rowSpan };
      const texts = cells.map((cell) => field(cell.textContent));
      if (spanning && !(first && first.rowSpan > 1)) texts.unshift(field(spanning.text));
      if (spanning && (spanning.left -= 1) === 0) spanning = null;
      return texts.join(",");
    };
    return Array.from(table.rows).map(line).join("\r\n") + "\r\n";
  };
  const say = (text) => { document.getElementById("told").textContent = text; };
  for (const region of all(".scroll")) {
    const table = region.querySelector("table");
    if (!table) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy as CSV";
    button.setAttribute("aria-label", "Copy as CSV: " + region.getAttribute("aria-label"));
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(csv(table));
        say("Copied.");
      } catch (refused) {
        say("The browser does not let this page copy.");
      }
    });
    region.after(button);
  }

  // One method or several.
  const methods = [];
  for (const element of all("[data-method]")) {
    if (!methods.includes(element.dataset.method)) methods.push(element.dataset.method);
  }
  const hidden = new Set();
  const filter = () => {
    for (const element of all("[data-method]")) {
      element.classList.toggle("filtered", hidden.has(element.dataset.method));
    }
  };
  const panel = document.getElementById("explore");
  const names = document.getElementById("explore-methods");
  if (panel && names && methods.length > 1) {
    for (const method of methods) {
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = true;
      box.addEventListener("change", () => {
        if (box.checked) hidden.delete(method); else hidden.add(method);
        filter();
      });
      label.append(box, " " + method);
      names.append(label);
    }
    names.hidden = false;
    panel.hidden = false;
  }

  // Limit and challenge age.
  if (!panel || !data) return;
  const choice = document.getElementById("explore-limit");
  const slider = document.getElementById("explore-challenge");
  const shown = document.getElementById("explore-age");
  const body = document.getElementById("explored");
  const whom = document.getElementById("explored-people");
  for (const limit of data.limits) {
    const option = document.createElement("option");
    option.value = String(limit.limit);
    option.textContent = String(limit.limit);
    choice.append(option);
  }
  const current = () => data.limits.find((limit) => String(limit.limit) === choice.value);

  const table = (limit, challenge) => {
    body.replaceChildren();
    for (const method of limit.methods) {
      const row = document.createElement("tr");
      row.dataset.method = method.name;
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = method.name;
      row.append(head);
      const place = method.at[challenge];
      const cells = place ? place.cells : [["no row", "absent"], ["", ""], ["no row", "absent"], ["", ""]];
      for (const [text, tone] of cells) {
        const cell = document.createElement("td");
        cell.textContent = text;
        if (tone) cell.className = tone;
        row.append(cell);
      }
      body.append(row);
    }
    whom.textContent = "People " + limit.people[0] + " and people " + limit.people[1] + ", limit " + limit.limit
      + ", challenge age " + challenge + "." + limit.note;
    filter();
  };

  // A picture is known by its title.
  const drawn = (id) => {
    const title = document.getElementById(id + "-title");
    return title ? title.closest("svg") : null;
  };

  const points = (limit, challenge) => {
    const picture = drawn("by-age-" + limit.limit);
    if (!picture) return;
    for (const method of limit.methods) {
      const place = method.at[challenge];
      const box = all("g.panel", picture).find((group) => group.dataset.method === method.name);
      if (!place || !box) continue;
      const upper = Number(box.dataset.upper);
      const lower = Number(box.dataset.lower);
      const y = (share, year) => {
        const passed = year < limit.limit ? share : 1 - share;
        return lower - passed * (lower - upper);
      };
      const series = box.querySelector("g.full[data-challenge]");
      if (!series) continue;
      series.dataset.challenge = challenge;
      series.classList.add("moved");
      const years = new Map(place.ages.map((age) => [String(age[0]), age]));
      for (const point of all("g[data-age]", series)) {
        const age = years.get(point.dataset.age);
        point.classList.toggle("filtered", !age);
        if (!age) continue;
        const [year, share, low, high, weak, text] = age;
        point.classList.toggle("weak", weak === 1);
        point.querySelector("title").textContent = year + (year < limit.limit ? ": passes " : ": denials ") + text;
        const line = point.querySelector("line");
        line.setAttribute("y1", String(y(low, year)));
        line.setAttribute("y2", String(y(high, year)));
        const dot = point.querySelector(".dot");
        if (dot.tagName === "circle") dot.setAttribute("cy", String(y(share, year)));
        else dot.setAttribute("y", String(y(share, year) - Number(dot.getAttribute("height")) / 2));
      }
    }
    for (const entry of all("[data-verb]", picture)) {
      entry.querySelector("text").textContent = entry.dataset.verb + " " + challenge;
    }
  };

  const move = () => {
    const limit = current();
    const challenge = limit.challenges[Number(slider.value)];
    shown.textContent = challenge;
    slider.setAttribute("aria-valuetext", "challenge age " + challenge);
    table(limit, challenge);
    points(limit, challenge);
    for (const id of ["trade-off-", "det-"]) {
      const picture = drawn(id + limit.limit);
      for (const step of picture ? all("g.step", picture) : []) {
        step.classList.toggle("here", step.dataset.challenge === challenge);
      }
    }
    const part = document.getElementById("part-" + limit.limit);
    for (const row of part ? all("tr[data-challenge]", part) : []) {
      row.classList.toggle("here", row.dataset.challenge === challenge);
    }
  };
  const begin = () => {
    const limit = current();
    slider.max = String(limit.challenges.length - 1);
    const at = limit.challenges.indexOf(limit.headline);
    slider.value = String(at < 0 ? 0 : at);
    move();
  };
  choice.value = panel.dataset.limit || choice.options[0].value;
  choice.addEventListener("change", begin);
  slider.addEventListener("input", move);
  document.getElementById("explore-gate").hidden = false;
  panel.hidden = false;
  begin();
})();
