using Microsoft.Playwright;

namespace Fleet.Browser.Tests;

/// <summary>
/// Every page of the console: contrast, names and roles, narrow windows, light and dark, and how large it is.
/// </summary>
public sealed class ConsoleLooksTests(Sandbox sandbox)
{
    private const int Narrow = 360, Wide = 1280, MaxFirstPage = 50 * 1024;

    [Theory]
    [InlineData(ColorScheme.Light, Wide)]
    [InlineData(ColorScheme.Dark, Wide)]
    [InlineData(ColorScheme.Dark, Narrow)]
    public async Task No_page_has_a_serious_finding_of_axe_or_scrolls_to_the_side(ColorScheme scheme, int width)
    {
        var reader = await sandbox.Till.MakeReader("Fruit and vegetables");
        await sandbox.AddDay(reader);
        var paid = await sandbox.Till.Start(reader, 1250);
        await sandbox.Till.Present(reader, 0);
        var open = await sandbox.Till.Start(await sandbox.Till.MakeReader("Bakery"), 480);
        var (window, page) = await sandbox.OpenConsole(width, scheme);
        await using var closing = window;
        var findings = new List<string>();
        foreach (var (name, path) in Pages(reader, paid, open))
        {
            await page.GotoAsync(new Uri(sandbox.Operations, $"/console/{path}").ToString());
            findings.AddRange((await LooksTests.Examine(page, "link-name")).Select(finding => $"{name}: {finding}"));
            var needs = await page.EvaluateAsync<int>("document.documentElement.scrollWidth");
            if (needs > width) findings.Add($"{name}: it needs {needs} pixels.");
            await TakePicture(page, name, scheme, width);
        }

        window.ForgetOffences(); // axe puts styles into the page, which the policy of the page refuses
        Assert.True(findings.Count == 0, string.Join('\n', findings));
    }

    [Fact]
    public async Task The_first_page_and_all_that_it_needs_are_below_50_KB()
    {
        var (window, page) = await sandbox.OpenConsole();
        await using var closing = window;
        var sizes = new List<Task<int>>();
        page.RequestFinished += (_, request) => sizes.Add(SizeOf(request));
        await page.GotoAsync(new Uri(sandbox.Operations, "/console/fleet").ToString());
        await page.WaitForLoadStateAsync(LoadState.Load);
        var bytes = (await Task.WhenAll(sizes)).Sum();

        TestContext.Current.TestOutputHelper?.WriteLine($"The first page is {bytes} bytes.");
        Assert.InRange(bytes, 1, MaxFirstPage);
    }

    private static (string Name, string Path)[] Pages(string reader, string paid, string open)
    {
        const string Mine = $"m/{Till.Merchant}";
        return
        [
            ("stores", "fleet"), ("store", $"{Mine}/stores/default"), ("reader", $"{Mine}/readers/{reader}"),
            ("checkout", $"{Mine}/checkouts/{paid}"), ("checkout-open", $"{Mine}/checkouts/{open}"),
            ("pairing", $"{Mine}/pair"), ("transactions", $"{Mine}/transactions"), ("search", "search?q=12.50"),
            ("refund", $"{Mine}/checkouts/{paid}/refund"), ("incidents", "incidents"),
            ("webhooks", $"{Mine}/webhooks"), ("merchants", "merchants"), ("merchant", $"merchants/{Till.Merchant}"),
            ("keys", "keys"), ("audit", "audit"), ("sessions", "sessions"), ("not-found", "nowhere"),
        ];
    }

    private static async Task<int> SizeOf(IRequest request)
    {
        var sizes = await request.SizesAsync();
        return sizes.ResponseBodySize + sizes.ResponseHeadersSize;
    }

    /// <summary>A picture for the documents, if they are wanted.</summary>
    private static async Task TakePicture(IPage page, string name, ColorScheme scheme, int width)
    {
        if (Sandbox.Pictures is not { } folder) return;
        var kind = $"{(scheme is ColorScheme.Dark ? "-dark" : "")}{(width == Narrow ? "-phone" : "")}";
        await page.ScreenshotAsync(new()
        {
            Path = Path.Combine(Repo.Root, folder, "console", $"{name}{kind}.png"),
            Animations = ScreenshotAnimations.Disabled,
        });
    }
}
