namespace Fleet.Server.Tests;

/// <summary>Whose address the audit has when a proxy passes the call on.</summary>
public sealed class ForwardedAddressTests
{
    private const string Till = "198.51.100.20", Liar = "203.0.113.7";

    [Theory]
    [InlineData("127.0.0.1", $"{Liar}, {Till}", Till)]
    [InlineData("127.0.0.0/8", Till, Till)]
    [InlineData("10.1.0.7", Till, "127.0.0.1")] // the caller is no proxy
    public async Task The_audit_has_the_address_that_a_trusted_proxy_saw(string proxy, string forwarded, string address)
    {
        await using var fleet = await FleetApp.Start(null, $"--Fleet:TrustedProxies:0={proxy}");
        using var made = await fleet.HeadOffice().Post(
            "/fleet/v1/keys",
            new { name = "till", merchant_code = FleetApp.Merchant, scopes = new[] { "readers.read" } },
            ("X-Forwarded-For", forwarded));

        var row = Assert.Single(await fleet.HeadOffice().AuditRows("action=key.create"));
        Assert.Equal(address, row.Text("remote_address"));
    }
}
