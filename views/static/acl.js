// The dialog of an access control list. It works without this; here the ticks follow the level at once, the list is
// narrowed while one chooses, and what was not saved is asked about.
(function () {
  var form = document.querySelector("form.acl");
  if (!form) return;
  var filter = form.querySelector("#filter"), count = form.querySelector("#shown");
  var entries = Array.from(form.querySelectorAll(".entry"));
  var sending = false, before = state();

  function state() { return new URLSearchParams(new FormData(form)).toString(); }

  function rulesOf(option) {
    return Object.fromEntries(option.dataset.rules.split(" ").map(function (pair) { return pair.split(":"); }));
  }
  function followLevel(entry) {
    var select = entry.querySelector("select[name$='.level']");
    var reading = entry.querySelector("input[value='read_public']");
    var rules = rulesOf(select.selectedOptions[0]);
    function follow(old) {
      entry.querySelectorAll("input[name$='.privileges']").forEach(function (box) {
        var rule = rules[box.value];
        box.disabled = rule === "F" || rule === "f";
        if (box.disabled) box.checked = rule === "F";
        else if (old && old[box.value] === "F") box.checked = false;
        if (rule === "p" && !reading.checked) {  // "read public" stands before what hangs on it
          box.checked = false;
          box.disabled = true;
        }
        box.closest("label").classList.toggle("off", box.disabled);
      });
      entry.querySelector("input[name$='.was']").value = select.value;
    }
    follow(null);
    select.addEventListener("change", function () {
      var old = rules;
      rules = rulesOf(select.selectedOptions[0]);
      follow(old);
      entry.querySelector(".line .level").textContent = select.selectedOptions[0].textContent;
    });
    reading.addEventListener("change", function () { follow(null); });
  }
  function narrow() {
    var wanted = filter.value, shown = 0;
    entries.forEach(function (entry) {
      var level = entry.querySelector("select[name$='.level']").value;
      entry.hidden = Boolean(wanted) && entry.dataset.kind !== wanted && level !== wanted;
      if (!entry.hidden) shown += 1;
    });
    var chosen = form.querySelector(".entry > input:checked");
    if (!chosen || chosen.closest(".entry").hidden) {
      var first = entries.find(function (entry) { return !entry.hidden; });
      if (first) first.querySelector("input[name='shown']").checked = true;
    }
    count.textContent = count.dataset.text.replace("#", shown);
  }

  entries.forEach(followLevel);
  form.classList.add("enhanced");
  filter.addEventListener("change", narrow);
  before = state();
  form.addEventListener("submit", function () { sending = true; });
  window.addEventListener("beforeunload", function (event) {
    if (!sending && state() !== before) { event.preventDefault(); event.returnValue = form.dataset.unsaved; }
  });
  window.addEventListener("pageshow", function () { sending = false; });
})();
