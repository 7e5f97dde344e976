namespace Fleet.Browser.Tests;

/// <summary>A person who uses no mouse.</summary>
public sealed class KeyboardTests(Sandbox sandbox)
{
    /// <summary>More steps than the page has places to stop at.</summary>
    private const int MostSteps = 80;

    [Fact]
    public async Task The_keyboard_alone_pairs_a_reader_and_pays_with_a_tip_and_a_PIN()
    {
        await using var window = await sandbox.OpenWindow();
        var tab = await window.OpenPage();
        var solo = tab.Reader();
        await solo.Shows("login");
        foreach (var key in new[] { "log-in", "menu", "connections", "api", "connect" }) await Use(tab, key);
        await solo.Part("code").WaitForAsync();
        var reader = await sandbox.Till.Pair(await solo.Part("code").InnerTextAsync(), "Till 1");
        await solo.IsOnline();

        var checkout = await sandbox.Till.Start(reader, 2000, 0.10m);
        await solo.Shows("tip");
        await Use(tab, "tip-0.1");
        await solo.Shows("card");
        await Reach(tab, "card");
        await tab.Page.Keyboard.TypeAsync("Asks for a PIN");
        await Use(tab, "present-insert");
        await solo.Shows("pin");
        await Reach(tab, "key-1");
        await tab.Page.Keyboard.TypeAsync("1234");
        await Use(tab, "key-ok");

        Assert.Equal("Approved", await solo.End());
        Assert.Equal("successful", await sandbox.Till.Outcome(reader, checkout));
    }

    [Fact]
    public async Task Escape_cancels_a_payment()
    {
        await using var window = await sandbox.OpenWindow();
        var tab = await window.OpenPage();
        var solo = tab.Reader();
        var reader = await solo.Pair(sandbox.Till);
        var checkout = await sandbox.Till.Start(reader, 2000);
        await solo.Shows("card");
        await Reach(tab, "cancel");
        await tab.Page.Keyboard.PressAsync("Escape");

        Assert.Equal("Cancelled", await solo.End());
        Assert.Equal("cancelled/customer_cancelled", await sandbox.Till.Outcome(reader, checkout));
    }

    /// <summary>Moves the focus to a control, and presses Enter there.</summary>
    private static async Task Use(SoloPage tab, string testId)
    {
        await Reach(tab, testId);
        await tab.Page.Keyboard.PressAsync("Enter");
    }

    /// <summary>Presses Tab until the focus is there, and demands that it can be seen.</summary>
    private static async Task Reach(SoloPage tab, string testId)
    {
        await tab.Reader().Part(testId).WaitForAsync();
        for (var step = 0; step < MostSteps; step++)
        {
            var at = await tab.Page.EvaluateAsync<string?>("document.activeElement.dataset.testid ?? null");
            if (at == testId)
            {
                Assert.True(await tab.Page.EvaluateAsync<bool>(IsFocusSeen), $"The focus on {testId} cannot be seen.");
                return;
            }
            await tab.Page.Keyboard.PressAsync("Tab");
        }
        Assert.Fail($"Tab does not lead to {testId}.");
    }

    private const string IsFocusSeen = """
        () => {
          const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
          return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 || boxShadow !== 'none';
        }
        """;
}
