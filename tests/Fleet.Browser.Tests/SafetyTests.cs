namespace Fleet.Browser.Tests;

/// <summary>What the page may do. Each <see cref="Window"/> adds: no violation, no error, no other origin.</summary>
public sealed class SafetyTests(Sandbox sandbox)
{
    [Fact]
    public async Task The_page_has_a_policy_that_allows_its_own_files_only()
    {
        await using var window = await sandbox.OpenWindow();
        var answer = await window.Context.APIRequest.GetAsync(new Uri(sandbox.Address, "/virtual-solo/").ToString());
        var policy = answer.Headers["content-security-policy"].Split(';', StringSplitOptions.TrimEntries);

        Assert.Contains("default-src 'none'", policy);
        Assert.Contains("script-src 'self'", policy);
        Assert.Contains("style-src 'self'", policy);
        Assert.DoesNotContain(policy, one => one.Contains("unsafe", StringComparison.Ordinal) || one.Contains('*'));
        Assert.Equal("nosniff", answer.Headers["x-content-type-options"]);
    }

    [Fact]
    public async Task The_policy_stops_what_a_page_with_a_hole_would_do()
    {
        await using var window = await sandbox.OpenWindow();
        var tab = await window.OpenPage();
        await tab.Reader().Shows("login");
        var stopped = await tab.Page.EvaluateAsync<string[]>("""
            () => new Promise(resolve => {
              const seen = [];
              document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
                seen.push(effectiveDirective);
                if (seen.length === 2) resolve(seen.sort());
              });
              const script = document.createElement('script');
              script.textContent = 'window.stolen = true';
              document.head.append(script);
              fetch('https://example.com/').catch(() => {});
            })
            """);

        Assert.Equal(["connect-src", "script-src-elem"], stopped);
        Assert.False(await tab.Page.EvaluateAsync<bool>("'stolen' in window"));
        window.ForgetOffences(); // they were the test's own
    }

    [Fact]
    public async Task Two_tabs_do_not_run_the_same_reader()
    {
        await using var window = await sandbox.OpenWindow();
        var first = await window.OpenPage();
        await first.Reader().Shows("login");
        var second = await window.OpenPage();
        var warning = second.Page.GetByText("Another tab runs this reader");
        await warning.WaitForAsync();
        await first.ClosePage();

        await second.Reader().Shows("login");
        await warning.WaitForAsync(new() { State = Microsoft.Playwright.WaitForSelectorState.Hidden });
    }

    [Fact]
    public async Task The_second_tab_goes_on_with_what_the_first_one_did()
    {
        await using var window = await sandbox.OpenWindow();
        var first = await window.OpenPage();
        await first.Reader().Shows("login");
        var second = await window.OpenPage();
        await second.Page.GetByText("Another tab runs this reader").WaitForAsync();
        var reader = await first.Reader().Pair(sandbox.Till);
        await first.ClosePage();

        await second.Reader().IsOnline();
        var checkout = await sandbox.Till.Start(reader, 1250);
        await second.Reader().Shows("card");
        await second.Reader().Present("visa");
        Assert.Equal("successful", await sandbox.Till.Outcome(reader, checkout));
    }

    [Fact]
    public async Task A_reader_that_is_off_and_may_know_an_outcome_is_not_removed()
    {
        await using var window = await sandbox.OpenWindow();
        var solo = (await window.OpenPage()).Reader();
        var reader = await solo.Pair(sandbox.Till);
        await solo.OpenPanel("faults");
        await solo.Press("swallow");
        var checkout = await sandbox.Till.Start(reader, 1250);
        await solo.Shows("card");
        await solo.Present("visa");
        await solo.End();
        await solo.Press("power");
        await solo.Press("remove");
        await solo.Press("remove"); // the second press is the answer to "for ever?"
        await solo.Says("message", "Switch it on first: Fleet may wait for what it knows.");
        await solo.Press("power");

        Assert.Equal("successful", await sandbox.Till.Outcome(reader, checkout));
    }
}
