using System.Diagnostics;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Fleet.Browser.Tests;

/// <summary>The console as shop managers and operators use it.</summary>
public sealed class ConsoleTests(Sandbox sandbox)
{
    /// <summary>How late a page may show what Fleet knows.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_payment_is_started_on_the_page_of_a_store_watched_to_its_end_and_refunded()
    {
        var reader = await sandbox.Till.MakeReader("Checkout desk");
        var (window, page) = await sandbox.OpenConsole();
        await using var closing = window;
        await page.GetByRole(AriaRole.Link, new() { Name = "default", Exact = true }).ClickAsync();
        await page.Locator($"#{reader}").GetByText("Charge").ClickAsync();
        await page.GetByLabel("Amount").FillAsync("23.40");
        await page.GetByLabel("Currency").FillAsync("EUR");
        await page.GetByRole(AriaRole.Button, new() { Name = "Charge" }).ClickAsync();
        await Expect(page.Locator("#answer")).ToContainTextAsync("23.40 EUR");
        await sandbox.Till.Present(reader, 0);
        await Expect(page.Locator("#answer h1")).ToHaveTextAsync("Yes. 23.40 EUR was charged.");
        await Expect(page.Locator("#story")).ToContainTextAsync("charged the card, 23.40 EUR");
        await page.GetByRole(AriaRole.Link, new() { Name = "Refund" }).ClickAsync();
        await page.GetByLabel("Amount in EUR").FillAsync("3.40");
        await page.GetByRole(AriaRole.Button, new() { Name = "Give back" }).ClickAsync();

        await Expect(page.Locator("#answer")).ToContainTextAsync("3.40 EUR");
        await Expect(page.Locator("#story")).ToContainTextAsync("gave money back, 3.40 EUR");
    }

    [Fact]
    public async Task A_reader_is_paired_by_the_wizard_while_a_virtual_Solo_shows_the_code()
    {
        await using var solo = await sandbox.OpenWindow();
        var device = (await solo.OpenPage()).Reader();
        var code = await device.ShowCode();
        var (window, page) = await sandbox.OpenConsole(width: 360);
        await using var closing = window;
        await page.GotoAsync(new Uri(sandbox.Operations, $"/console/m/{Till.Merchant}/pair").ToString());
        await page.GetByLabel("Code", new() { Exact = true }).FillAsync(code);
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Lane <b>7</b>");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pair", Exact = true }).ClickAsync();

        await device.IsOnline();
        await Expect(page.Locator("main")).ToContainTextAsync("It is free.");
        await Expect(page.Locator("main")).ToContainTextAsync("Lane <b>7</b>");
    }

    [Fact]
    public async Task A_wrong_code_is_told_beside_its_field_and_what_was_typed_stays()
    {
        var (window, page) = await sandbox.OpenConsole();
        await using var closing = window;
        await page.GotoAsync(new Uri(sandbox.Operations, $"/console/m/{Till.Merchant}/pair").ToString());
        await page.GetByLabel("Code", new() { Exact = true }).FillAsync("ZZZZZZZZ");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Lane 8");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pair", Exact = true }).ClickAsync();

        await Expect(page.Locator("#code-error")).Not.ToBeEmptyAsync();
        await Expect(page.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync("Lane 8");
        window.ForgetOffences(); // the browser notes the status of the answer
    }

    [Fact]
    public async Task A_reader_that_loses_its_link_goes_grey_within_a_second_of_Fleet_knowing()
    {
        var reader = await sandbox.Till.MakeReader("Dark corner");
        var (window, page) = await sandbox.OpenConsole();
        await using var closing = window;
        await page.GotoAsync(new Uri(sandbox.Operations, $"/console/m/{Till.Merchant}/stores/default").ToString());
        await Expect(page.Locator($"#{reader}.is-good")).ToHaveCountAsync(1);
        await sandbox.Till.PowerOff(reader, milliseconds: 60_000);
        await Eventually.Equal("OFFLINE", () => sandbox.Till.StatusOf(reader));
        var known = Stopwatch.GetTimestamp();
        await Expect(page.Locator($"#{reader}.is-off")).ToHaveCountAsync(1);
        var late = Stopwatch.GetElapsedTime(known);

        TestContext.Current.TestOutputHelper?.WriteLine($"Shown {late.TotalMilliseconds:0} ms after it was known.");
        Assert.True(late < Late, $"The page was {late.TotalMilliseconds:0} ms late.");
    }

    [Fact]
    public async Task Without_script_a_payment_is_started_and_explained()
    {
        var reader = await sandbox.Till.MakeReader("Old browser");
        var (window, page) = await sandbox.OpenConsole(script: false);
        await using var closing = window;
        await page.GotoAsync(
            new Uri(sandbox.Operations, $"/console/m/{Till.Merchant}/stores/default?reader={reader}").ToString());
        await page.GetByLabel("Amount").FillAsync("5.00");
        await page.GetByLabel("Currency").FillAsync("EUR");
        await page.GetByRole(AriaRole.Button, new() { Name = "Charge" }).ClickAsync();
        await sandbox.Till.Present(reader, 0);
        await page.ReloadAsync();

        await Expect(page.Locator("#answer h1")).ToHaveTextAsync("Yes. 5.00 EUR was charged.");
    }

    [Fact]
    public async Task The_keyboard_alone_finds_a_payment()
    {
        var reader = await sandbox.Till.MakeReader("Keyboard lane");
        var checkout = await sandbox.Till.Start(reader, 1234);
        await sandbox.Till.Present(reader, 0);
        var (window, page) = await sandbox.OpenConsole();
        await using var closing = window;
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync(checkout);
        await page.Keyboard.PressAsync("Enter");

        await Expect(page.Locator("#answer h1")).ToHaveTextAsync("Yes. 12.34 EUR was charged.");
    }

    [Fact]
    public async Task The_end_of_a_session_ends_its_pages()
    {
        var (window, page) = await sandbox.OpenConsole();
        await using var closing = window;
        await page.GetByText("Anna Schmidt").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.GetByLabel("API key")).ToBeVisibleAsync();
        await page.GotoAsync(new Uri(sandbox.Operations, "/console/audit").ToString());

        await Expect(page.GetByLabel("API key")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Many_tabs_in_the_background_leave_the_browser_its_connections()
    {
        var (window, page) = await sandbox.OpenConsole();
        await using var closing = window;
        for (var tab = 0; tab < 8; tab++)
        {
            var other = await window.Context.NewPageAsync();
            await other.GotoAsync(new Uri(sandbox.Operations, "/console/fleet").ToString());
            await other.EvaluateAsync("""
                Object.defineProperty(document, 'hidden', { value: true });
                document.dispatchEvent(new Event('visibilitychange'));
                """);
        }
        await page.GotoAsync(new Uri(sandbox.Operations, "/console/audit").ToString());

        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Audit");
    }

    [Fact]
    public async Task A_form_that_is_not_answered_is_given_up_and_the_page_says_that_nothing_is_known()
    {
        var reader = await sandbox.Till.MakeReader("Slow network");
        var (window, page) = await sandbox.OpenConsole();
        await using var closing = window;
        await page.RouteAsync("**/start", _ => Task.CompletedTask);
        await page.GotoAsync(
            new Uri(sandbox.Operations, $"/console/m/{Till.Merchant}/stores/default?reader={reader}").ToString());
        await page.GetByLabel("Amount").FillAsync("5.00");
        await page.GetByLabel("Currency").FillAsync("EUR");
        await page.GetByRole(AriaRole.Button, new() { Name = "Charge" }).ClickAsync();

        await Expect(page.Locator("#refusal-text")).ToContainTextAsync("It is not known", new() { Timeout = 25_000 });
    }

    [Fact]
    public async Task The_focus_stays_on_no_button_that_has_become_one_about_another_payment()
    {
        var reader = await sandbox.Till.MakeReader("Busy lane");
        await sandbox.Till.Start(reader, 700);
        var (window, page) = await sandbox.OpenConsole();
        await using var closing = window;
        await page.GotoAsync(new Uri(sandbox.Operations, $"/console/m/{Till.Merchant}/stores/default").ToString());
        var end = page.Locator($"#{reader} button");
        await end.FocusAsync();
        await end.EvaluateAsync("""
            button => {
              const row = button.closest('tr').cloneNode(true);
              row.querySelector('button').value = 'another';
              put(row.outerHTML);
            }
            """);

        Assert.Equal("BODY", await page.EvaluateAsync<string>("document.activeElement.tagName"));
        Assert.Contains("7.00 EUR on Busy lane", await end.GetAttributeAsync("data-sure"));
    }

    [Fact]
    public async Task Parts_come_and_go_in_the_order_in_which_the_stream_tells_it()
    {
        var reader = await sandbox.Till.MakeReader("Stays");
        var (window, page) = await sandbox.OpenConsole();
        await using var closing = window;
        await page.RouteAsync("**/live", route => route.FulfillAsync(new()
        {
            ContentType = "text/event-stream",
            Body = Row("kept", "kept") + Row("left", "left") + Row("back", "too old")
                + Event("only", $"{reader} kept left")
                + Row("back", "newest") + Event("gone", "left") + Event("gone", "never-there"),
        }));
        await page.GotoAsync(new Uri(sandbox.Operations, $"/console/m/{Till.Merchant}/stores/default").ToString());

        await Expect(page.Locator("#back")).ToHaveTextAsync("newest");
        await Expect(page.Locator("#left")).ToHaveCountAsync(0);
        Assert.Equal([reader, "kept", "back"],
            await page.Locator("#readers > tr").EvaluateAllAsync<string[]>("rows => rows.map(row => row.id)"));

        static string Row(string id, string text) =>
            Event("put", $"<tr id=\"{id}\" data-into=\"readers\"><td>{text}</td></tr>");

        static string Event(string kind, string data) => $"event: {kind}\ndata: {data}\n\n";
    }
}
