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
    [InlineData(ColorScheme.Light, Wide)]
    [InlineData(ColorScheme.Dark, Narrow)]
    public async Task No_screen_has_a_serious_finding_of_axe_or_scrolls_to_the_side(ColorScheme scheme, int width)
    {
        await using var window = await sandbox.OpenWindow(width: width, scheme: scheme);
        var tab = await window.OpenPage();
        var findings = new List<string>();
        await new Tour(tab.Reader(), sandbox.Till, async screen =>
        {
            findings.AddRange((await Examine(tab.Page)).Select(finding => $"{screen}: {finding}"));
            var needs = await tab.Page.EvaluateAsync<int>("document.documentElement.scrollWidth");
            if (needs > width) findings.Add($"{screen}: it needs {needs} pixels.");
            await TakePicture(tab, screen, scheme);
        }).Lead();

        Assert.True(findings.Count == 0, string.Join('\n', findings));
    }

    /// <summary>What axe finds that keeps people from using a page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="sure">A rule for something that the page has: without it, axe has looked at nothing.</param>
    internal static async Task<IEnumerable<string>> Examine(IPage page, string sure = "button-name")
    {
        await page.EvaluateAsync(Axe);
        // The look of a moment in which a screen fades in says nothing.
        var result = await page.EvaluateAsync<JsonElement>("""
            async sure => {
              const ending = document.getAnimations().filter(one => one.effect?.getTiming().iterations !== Infinity);
              await Promise.all(ending.map(one => one.finished.catch(() => {})));
              const { violations, passes } = await axe.run(document, { resultTypes: ['violations'] });
              if (!passes.some(({ id }) => id === sure)) throw new Error(`axe has not looked at ${sure}.`);
              return violations.map(({ id, impact, nodes }) =>
                ({ id, impact, nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`) }));
            }
            """, sure);
        return result.EnumerateArray()
            .Where(one => Grave.Contains(one.GetProperty("impact").GetString()))
            .Select(one => $"{one.GetProperty("id")} {one.GetProperty("nodes")}");
    }

    /// <summary>A picture for the documents, if they are wanted. The reader itself looks the same at night.</summary>
    private static async Task TakePicture(SoloPage tab, string screen, ColorScheme scheme)
    {
        var whole = screen == Tour.Panels;
        if (Sandbox.Pictures is not { } folder || scheme is ColorScheme.Dark && !whole) return;
        var target = whole ? tab.Readers.First : tab.Page.Locator(".device");
        var name = $"{screen}{(scheme is ColorScheme.Dark ? "-dark" : "")}.png";
        await target.ScreenshotAsync(new()
        {
            Path = Path.Combine(Repo.Root, folder, "virtual-solo", name),
            Animations = ScreenshotAnimations.Disabled,
        });
    }
}
