"""Files of a document, added by the button and by dropping them (T7)."""

from playwright.sync_api import expect

from tests.browser.conftest import SignIn
from tests.browser.people import SELLER, navigate
from tests.views.serving import Served

DROP = """form => {
  const dropped = new DataTransfer();
  dropped.items.add(new File(["a drawing"], "图纸.txt", {type: "text/plain"}));
  for (const type of ["dragover", "drop"]) {
    const options = {dataTransfer: dropped, bubbles: true, cancelable: true};
    form.dispatchEvent(new DragEvent(type, options));
  }
}"""


def test_files_are_added_dropped_opened_and_removed(served: Served, sign_in: SignIn) -> None:
    page = sign_in(SELLER)
    navigate(page, "Customer tracking", "My deals by stage")
    page.get_by_role("link", name="Tracking").last.click()
    page.locator("tr[data-href] a.main").first.click()
    files = page.locator("#files")
    plan = {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"a plan"}
    files.get_by_label("Add files").set_input_files([plan, {**plan, "name": "contract.pdf"}])
    files.get_by_role("button", name="Add", exact=True).click()
    expect(files.locator(".files li")).to_have_count(2)
    files.locator("form.add-files").evaluate(DROP)
    expect(files.get_by_role("link", name="图纸.txt")).to_be_visible()
    with page.expect_download() as opened:
        files.get_by_role("link", name="plan.pdf").click()
    assert opened.value.path().read_bytes() == b"a plan"
    line = files.locator("li", has_text="contract.pdf")
    line.locator("summary").click()
    line.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The file was removed.")).to_be_visible()
    expect(files.locator(".files li")).to_have_count(2)
