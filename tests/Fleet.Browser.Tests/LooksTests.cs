using System.Text.Json;
using Microsoft.Playwright;

namespace Fleet.Browser.Tests;

/// <summary>Every screen for every customer: contrast, names and roles, narrow windows, light and dark.</summary>
public sealed class LooksTests(Sandbox sandbox)
{
    private const int Narrow = 320, Wide = 1280;

    private static readonly string Axe =
        File.ReadAllText(Path.Combine(Repo.Root, "tests/sdk/node_modules/axe-core/axe.min.js"));

    private static readonly string[] Grave = ["serious", "critical"];

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task No_screen_has_a_serious_finding_of_axe(ColorScheme scheme)
    {
        await using var window = await sandbox.OpenWindow(width: Wide, scheme: scheme);
        var tab = await window.OpenPage();
        await tab.Page.EvaluateAsync(Axe);
        var findings = new List<string>();
        await new Tour(tab.Reader(), sandbox.Till, async screen =>
        {
            findings.AddRange((await Examine(tab.Page)).Select(finding => $"{screen}: {finding}"));
            await TakePicture(tab, $"{screen}-{scheme}".ToLowerInvariant());
        }).Lead();

        Assert.Empty(findings);
    }

    [Fact]
    public async Task No_screen_of_a_narrow_window_scrolls_to_the_side()
    {
        await using var window = await sandbox.OpenWindow(width: Narrow);
        var tab = await window.OpenPage();
        await new Tour(tab.Reader(), sandbox.Till, async screen =>
        {
            var width = await tab.Page.EvaluateAsync<int>("document.documentElement.scrollWidth");
            Assert.True(width <= Narrow, $"The screen {screen} is {width} pixels wide.");
        }).Lead();
    }

    /// <summary>What axe finds that keeps people from paying.</summary>
    private static async Task<IEnumerable<string>> Examine(IPage page)
    {
        // The look of a moment in which a screen fades in says nothing.
        var result = await page.EvaluateAsync<JsonElement>("""
            async () => {
              const ending = document.getAnimations().filter(one => one.effect?.getTiming().iterations !== Infinity);
              await Promise.all(ending.map(one => one.finished.catch(() => {})));
              const { violations, passes } = await axe.run(document, { resultTypes: ['violations'] });
              if (!passes.some(({ id }) => id === 'button-name')) throw new Error('axe has looked at no button.');
              return violations.map(({ id, impact, nodes }) =>
                ({ id, impact, nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`) }));
            }
            """);
        return result.EnumerateArray()
            .Where(one => Grave.Contains(one.GetProperty("impact").GetString()))
            .Select(one => $"{one.GetProperty("id")} {one.GetProperty("nodes")}");
    }

    /// <summary>One picture of the reader for the documents, if they are wanted.</summary>
    private static async Task TakePicture(SoloPage tab, string name)
    {
        if (Sandbox.Pictures is not { } folder) return;
        var whole = name.StartsWith("panels", StringComparison.Ordinal);
        var target = whole ? tab.Readers.First : tab.Page.Locator(".device");
        await target.ScreenshotAsync(new()
        {
            Path = Path.Combine(Repo.Root, folder, $"{name}.png"),
            Animations = ScreenshotAnimations.Disabled,
        });
    }
}
