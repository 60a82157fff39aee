// What the pages of Great Expectations ask of jQuery, Bootstrap and bootstrap-table, and no more: tables, tabs, folds.
(() => {
  const text = cell => (cell === null || cell === undefined ? "" : typeof cell === "object" ? JSON.stringify(cell) : String(cell));

  function bootstrapTable(table, options) {
    const columns = options.columns.filter(column => column.visible !== false && column.visible !== "false");
    const row = (tag, cells) => {
      const line = document.createElement("tr");
      cells.forEach(cell => { const one = document.createElement(tag); one.innerHTML = cell; line.append(one); });
      return line;
    };
    const head = document.createElement("thead"), body = document.createElement("tbody");
    head.append(row("th", columns.map(column => text(column.title))));
    options.data.forEach(record => {
      const line = row("td", columns.map(column => text(record[column.field])));
      if (record._table_row_link_path) {
        line.classList.add("is-link");
        line.addEventListener("click", () => { window.location = record._table_row_link_path; });
      }
      body.append(line);
    });
    table.classList.add("table");
    table.replaceChildren(head, body);
  }

  function wrap(found) {
    const all = typeof found === "string" ? [...document.querySelectorAll(found)] : found ? [found] : [];
    const wrapped = {
      length: all.length,
      bootstrapTable: options => { if (options && options.columns) all.forEach(one => bootstrapTable(one, options)); return wrapped; },
      prepend: html => { all.forEach(one => one.insertAdjacentHTML("afterbegin", html)); return wrapped; },
      ready: done => { document.addEventListener("DOMContentLoaded", done); return wrapped; },
      on: (kind, done) => { if (typeof done === "function") all.forEach(one => one.addEventListener(kind, done)); return wrapped; },
    };
    // Whatever else is asked for does nothing.
    return new Proxy(wrapped, { get: (of, name) => (name in of ? of[name] : () => wrapped) });
  }
  window.$ = window.jQuery = Object.assign(wrap, { fn: {} });

  document.addEventListener("click", event => {
    const asked = event.target.closest("[data-toggle='collapse'], [data-toggle='tab']");
    if (!asked) return;
    event.preventDefault();
    const target = document.querySelector(asked.dataset.target || asked.getAttribute("href"));
    if (!target) return;
    if (asked.dataset.toggle === "collapse") { target.classList.toggle("show"); return; }
    asked.closest("ul").querySelectorAll(".nav-link").forEach(one => one.classList.toggle("active", one === asked));
    [...target.parentElement.children].forEach(one => ["show", "active"].forEach(name => one.classList.toggle(name, one === target)));
  });
})();
