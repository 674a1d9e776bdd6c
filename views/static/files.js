// Files may be dropped on the form that adds them, which is then sent. It works without this.
document.querySelectorAll("form.add-files").forEach(function (form) {
  var input = form.querySelector("input[type=file]");
  function hold(event) {
    if (!event.dataTransfer || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    form.classList.toggle("over", event.type === "dragover");
  }
  form.addEventListener("dragover", hold);
  form.addEventListener("dragleave", hold);
  form.addEventListener("drop", function (event) {
    hold(event);
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    form.requestSubmit();
  });
});
