using static Fleet.Core.Tests.Requests;

namespace Fleet.Core.Tests;

public sealed class ReturnUrlSpecs
{
    [Theory]
    [InlineData("https://till.example")]
    [InlineData("https://till.example/hook?sale=1&till=2")]
    [InlineData("HTTPS://TILL.EXAMPLE/")]
    [InlineData("https://till.example:8443/hook")]
    [InlineData("https://8.8.8.8/hook")]
    [InlineData("https://[2606:4700::1111]/hook")]
    [InlineData("https://käse.example/hook")]
    [InlineData("https://till.example/a%20b?sale=1+2")]
    public void An_absolute_https_url_suits_every_kind_of_merchant(string url)
    {
        Assert.Equal(url, (Plain with { ReturnUrl = url }).Terms(Sandbox).ReturnUrl);
        Assert.Equal(url, (Plain with { ReturnUrl = url, Affiliate = Affiliate }).Terms(Live).ReturnUrl);
    }

    [Theory]
    [InlineData("https://user@till.example/", "must not have user information before its host")]
    [InlineData("https://user:secret@till.example/", "must not have user information before its host")]
    [InlineData("https://till.example/#done", "must not have a fragment")]
    [InlineData("https://till.example/#", "must not have a fragment")]
    [InlineData("https://10.0.0.1/hook", "must lead to an address that is public or in Fleet:Webhooks:AllowedNetworks")]
    [InlineData("https://[::1]/hook", "must lead to an address that is public or in Fleet:Webhooks:AllowedNetworks")]
    [InlineData("https://0x7f.1/hook", "must lead to an address that is public or in Fleet:Webhooks:AllowedNetworks")]
    public void What_can_never_be_delivered_is_refused_with_the_reason(string url, string why) =>
        Assert.Equal($"return_url {why}", (Plain with { ReturnUrl = url }).Faults(Sandbox));

    [Theory]
    [InlineData("https://till.example/", null)]
    [InlineData("https://till.example:8443/", null)]
    [InlineData("https://till.example:9443/",
        "return_url is never delivered to: port 9443 is neither 443 nor in Fleet:Webhooks:AllowedPorts")]
    public void A_port_that_is_closed_is_taken_with_warning(string url, string? warning) =>
        Assert.Equal(warning, new EgressRules([], [8443]).WarningOf("return_url", url));

    [Theory]
    [InlineData("")]
    [InlineData("hook")]
    [InlineData("/hook")]
    [InlineData("till.example/hook")]
    [InlineData("https://")]
    [InlineData("https:///hook")]
    [InlineData("https:/till.example")]
    [InlineData("https://till.example:99999/")]
    [InlineData("https://till..example/")]
    [InlineData("https://\u05d0till.example/")] // a name that DNS cannot look up
    [InlineData("https://till\ufdfa.example/")]
    [InlineData("https://tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt.example/")]
    [InlineData("https://till.example/\r\nX-Evil: 1")]
    [InlineData("https://till.example/\t")]
    [InlineData("https://till.example/\u0085")]
    [InlineData("https://till.example\n")]
    [InlineData("https://till.example/\u0007")]
    [InlineData("https://till.example/\u007f")]
    [InlineData(" ")]
    [InlineData(" https://till.example/")]
    [InlineData("https://till.example/ ")]
    [InlineData("https://till.example/a b")]
    [InlineData("https://till .example/")]
    [InlineData("https://till.example/?sale=1 2")]
    [InlineData("https://till.example/\u00a0")]
    [InlineData("https://till.example/\u2028")]
    [InlineData("https://till.example/\u3000")]
    [InlineData("file:///etc/passwd")]
    [InlineData("javascript:alert(1)")]
    public void What_is_no_absolute_url_is_refused_everywhere(string url)
    {
        Assert.Equal("return_url must be a valid URL", (Plain with { ReturnUrl = url }).Faults(Sandbox));
        Assert.Equal(
            "return_url must be a valid URL",
            (Plain with { ReturnUrl = url, Affiliate = Affiliate }).Faults(Live));
    }

    [Theory]
    [InlineData("http://localhost:5000/hook", true, "")]
    [InlineData("http://localhost:5000/hook", false, "return_url must be an HTTPS URL")]
    [InlineData("ftp://till.example/hook", true, "return_url must be an HTTPS URL")]
    [InlineData("ftp://till.example/hook", false, "return_url must be an HTTPS URL")]
    [InlineData("ws://till.example/hook", true, "return_url must be an HTTPS URL")]
    public void Plain_http_is_for_the_sandbox_alone(string url, bool sandbox, string faults) =>
        Assert.Equal(
            faults,
            (Plain with { ReturnUrl = url, Affiliate = Affiliate }).Faults(sandbox ? Sandbox : Live));

    [Theory]
    [InlineData(2_048, "")]
    [InlineData(2_049, "return_url must have at most 2048 characters")]
    public void A_return_url_has_at_most_2048_characters(int length, string faults) =>
        Assert.Equal(faults, (Plain with { ReturnUrl = "https://till.example/".PadRight(length, 'x') }).Faults());
}
