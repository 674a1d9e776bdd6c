// Follows work that runs: the line changes as it goes, and the page is loaded anew at its end.
(function () {
  var box = document.getElementById("progress");
  if (!box) return;
  var line = box.querySelector(".happening");
  function ask() {
    fetch(box.dataset.url, { headers: { Accept: "application/json" } })
      .then(function (answer) { return answer.ok ? answer.json() : null; })
      .then(function (now) {
        if (!now || !now.running) { location.reload(); return; }
        line.textContent = now.text;
        setTimeout(ask, 700);
      })
      .catch(function () { setTimeout(ask, 3000); });
  }
  setTimeout(ask, 700);
})();
