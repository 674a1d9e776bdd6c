// The ticks of an entry follow its level: what the level always or never has cannot be changed.
(function () {
  function follow(row) {
    var select = row.querySelector("select[name$='.level']");
    var rules = {};
    select.selectedOptions[0].dataset.rules.split(" ").forEach(function (pair) {
      var parts = pair.split(":");
      rules[parts[0]] = parts[1];
    });
    row.querySelectorAll("input[name$='.privileges']").forEach(function (box) {
      var rule = rules[box.value];
      var fixed = rule === "F" || rule === "f";
      if (fixed) box.checked = rule === "F";
      box.disabled = fixed;
      box.closest("label").classList.toggle("off", fixed);
    });
  }
  document.querySelectorAll("table.acl tbody tr").forEach(function (row) {
    follow(row);
    row.querySelector("select[name$='.level']").addEventListener("change", function () { follow(row); });
  });
})();
