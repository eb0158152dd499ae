"use strict";
(function () {
  // Tables sort by a click on a heading; a second click turns the order round.
  document.querySelectorAll("table.sorts").forEach(function (table) {
    var body = table.tBodies[0];
    table.querySelectorAll("th button").forEach(function (button) {
      button.addEventListener("click", function () {
        var head = button.parentElement, column = head.cellIndex;
        var down = head.getAttribute("aria-sort") === "ascending";
        table.querySelectorAll("th").forEach(function (each) { each.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        var rows = Array.from(body.rows).map(function (row, at) {
          return { row: row, at: at, key: row.cells[column].dataset.v };
        });
        rows.sort(function (a, b) {
          if (a.key === "" || b.key === "") { return (a.key === "") - (b.key === "") || a.at - b.at; }
          var by = isNaN(a.key) || isNaN(b.key) ? a.key.localeCompare(b.key) : a.key - b.key;
          return (down ? -by : by) || a.at - b.at;
        });
        rows.forEach(function (each) { body.appendChild(each.row); });
      });
    });
  });
  // The search box shows the features that hold its text.
  var find = document.getElementById("find");
  if (find) {
    find.addEventListener("input", function () {
      var wanted = find.value.trim().toLowerCase();
      document.querySelectorAll("[data-name]").forEach(function (each) {
        each.hidden = !each.dataset.name.toLowerCase().includes(wanted);
      });
    });
  }
  // A link to a feature opens it.
  function open() {
    var target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === "DETAILS") { target.open = true; target.scrollIntoView(); }
  }
  window.addEventListener("hashchange", open);
  open();
  // On paper everything is open.
  var shut = [];
  window.addEventListener("beforeprint", function () {
    shut = Array.from(document.querySelectorAll("details:not([open])"));
    shut.forEach(function (each) { each.open = true; });
  });
  window.addEventListener("afterprint", function () { shut.forEach(function (each) { each.open = false; }); });
})();
