using static Microsoft.Playwright.Assertions;

namespace Fleet.Browser.Tests;

/// <summary>The way of the guide: from switching the reader on to the end of payments.</summary>
public sealed class GuideTests(Sandbox sandbox)
{
    private static readonly decimal[] Tips = [0.05m, 0.10m, 0.15m];

    [Fact]
    public async Task From_switching_on_to_a_tipped_and_tapped_payment_with_the_SDK()
    {
        await using var window = await sandbox.OpenWindow();
        var solo = (await window.OpenPage()).Reader();
        var code = await solo.ShowCode();
        var paired = await SdkTill.Run(sandbox.Address, "pair", code, "Counter");
        await solo.Shows("idle");
        await solo.Says("reader-name", "Counter");

        var paying = SdkTill.Run(sandbox.Address, "pay", $"{paired.GetProperty("id")}", "1250", "0.05", "0.1", "0.15");
        await solo.Shows("tip");
        await solo.Says("amount", "€12.50");
        await solo.Press("tip-0.1");
        await solo.Shows("card");
        await solo.Says("amount", "€13.75");
        await solo.Present("visa");
        Assert.Equal("Approved", await solo.End());

        var paid = await paying;
        Assert.Equal("successful", $"{paid.GetProperty("checkout").GetProperty("status")}");
        Assert.Equal(1.25m, paid.GetProperty("transaction").GetProperty("tip_amount").GetDecimal());
    }

    [Fact]
    public async Task A_test_of_a_till_moves_the_reader_on_the_page()
    {
        await using var window = await sandbox.OpenWindow();
        var solo = (await window.OpenPage()).Reader();
        var reader = await solo.Pair(sandbox.Till);
        await sandbox.Till.Start(reader, 1250, Tips);
        await solo.Shows("tip");

        Assert.Equal("SUCCESSFUL", await sandbox.Till.Present(reader, tipRate: 0.1m));
        Assert.Equal("Approved", await solo.End());
    }

    [Fact]
    public async Task A_till_locks_the_menu_and_the_passcode_opens_it()
    {
        await using var window = await sandbox.OpenWindow();
        var solo = (await window.OpenPage()).Reader();
        var reader = await solo.Pair(sandbox.Till);
        await solo.Press("menu");
        await solo.Shows("drawer");
        Assert.Equal("applied", await sandbox.Till.LockMenu(reader, "2580"));
        await solo.Shows("unlock"); // also a menu that was open
        await solo.TypePin("1111");
        await solo.Shows("unlock");
        await solo.TypePin("2580");
        await solo.Shows("drawer");

        await solo.OpenPanel("wire");
        await Expect(solo.Part("frames")).ToContainTextAsync("configured");
        await Expect(solo.Part("frames")).Not.ToContainTextAsync("2580");
    }

    [Fact]
    public async Task A_declined_card_is_declined_on_both_sides()
    {
        await using var window = await sandbox.OpenWindow();
        var solo = (await window.OpenPage()).Reader();
        var reader = await solo.Pair(sandbox.Till);
        var checkout = await sandbox.Till.Start(reader, 1250);
        await solo.Shows("card");
        await solo.Present("no_funds");

        Assert.Equal("Card declined", await solo.End());
        Assert.Equal("failed/declined", await sandbox.Till.Outcome(reader, checkout));
    }

    [Fact]
    public async Task The_customer_may_cancel_while_the_card_is_asked_for()
    {
        await using var window = await sandbox.OpenWindow();
        var solo = (await window.OpenPage()).Reader();
        var reader = await solo.Pair(sandbox.Till);
        var checkout = await sandbox.Till.Start(reader, 1250, Tips);
        await solo.Press("tip-none");
        await solo.Shows("card");
        await solo.Press("cancel");

        Assert.Equal("Cancelled", await solo.End());
        Assert.Equal("cancelled/customer_cancelled", await sandbox.Till.Outcome(reader, checkout));
    }

    [Fact]
    public async Task A_PIN_may_be_wrong_before_it_is_right()
    {
        await using var window = await sandbox.OpenWindow();
        var solo = (await window.OpenPage()).Reader();
        var reader = await solo.Pair(sandbox.Till);
        var checkout = await sandbox.Till.Start(reader, 1250);
        await solo.Shows("card");
        await solo.Present("over_limit");
        await solo.Shows("card"); // it must be inserted
        await solo.Present("over_limit", "insert");
        await solo.Shows("pin");
        await solo.TypePin("9999");
        await solo.TypePin("1234");

        Assert.Equal("Approved", await solo.End());
        Assert.Equal("successful", await sandbox.Till.Outcome(reader, checkout));
    }

    [Fact]
    public async Task A_reader_is_disconnected_by_hand_and_connected_again()
    {
        await using var window = await sandbox.OpenWindow();
        var solo = (await window.OpenPage()).Reader();
        var reader = await solo.Pair(sandbox.Till);
        foreach (var key in new[] { "menu", "connections", "api", "disconnect" }) await solo.Press(key);
        await solo.Part("connect").WaitForAsync();

        await Eventually.Equal("OFFLINE", () => sandbox.Till.StatusOf(reader));
    }

    [Fact]
    public async Task A_reader_that_is_deleted_shows_a_code_and_is_paired_again()
    {
        await using var window = await sandbox.OpenWindow();
        var solo = (await window.OpenPage()).Reader();
        await sandbox.Till.Delete(await solo.Pair(sandbox.Till));
        await solo.Shows("code");
        var again = await sandbox.Till.Pair(await solo.Part("code").InnerTextAsync(), "Again");
        await solo.IsOnline();
        var checkout = await sandbox.Till.Start(again, 900);
        await solo.Shows("card");
        await solo.Present();

        Assert.Equal("successful", await sandbox.Till.Outcome(again, checkout));
    }
}
