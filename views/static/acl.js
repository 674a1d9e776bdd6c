// The ticks of an entry follow its level: what the level always or never has cannot be changed.
(function () {
  function rulesOf(option) {
    var rules = {};
    option.dataset.rules.split(" ").forEach(function (pair) {
      var parts = pair.split(":");
      rules[parts[0]] = parts[1];
    });
    return rules;
  }
  function follow(row, before) {
    var select = row.querySelector("select[name$='.level']");
    var rules = rulesOf(select.selectedOptions[0]);
    row.querySelectorAll("input[name$='.privileges']").forEach(function (box) {
      var rule = rules[box.value];
      var fixed = rule === "F" || rule === "f";
      if (fixed) box.checked = rule === "F";
      else if (before && before[box.value] === "F") box.checked = false;
      box.disabled = fixed;
      box.closest("label").classList.toggle("off", fixed);
    });
    row.querySelector("input[name$='.was']").value = select.value;
    return rules;
  }
  document.querySelectorAll("table.acl tbody tr").forEach(function (row) {
    var rules = follow(row, null);
    row.querySelector("select[name$='.level']").addEventListener("change", function () {
      rules = follow(row, rules);
    });
  });
})();
