using System.Net;
using Fleet.Server.Webhooks;

namespace Fleet.Server.Tests;

/// <summary>Which addresses and ports a webhook may reach.</summary>
public sealed class EgressGuardTests
{
    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.8")]
    [InlineData("192.0.2.1")]
    [InlineData("192.88.99.1")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.19.255.255")]
    [InlineData("198.51.100.1")]
    [InlineData("203.0.113.1")]
    [InlineData("224.0.0.1")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a00:1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:a00:1::")]
    [InlineData("3fff::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void An_address_that_is_not_public_is_not_dialled(string address) =>
        Assert.False(new EgressGuard([], [443]).Allows(IPAddress.Parse(address)));

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.1")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("2606:4700::1111")]
    [InlineData("::ffff:8.8.8.8")]
    public void A_public_address_is(string address) => Assert.True(new EgressGuard([], [443]).Allows(IPAddress.Parse(address)));

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("10.2.0.1", false)]
    [InlineData("127.0.0.1", false)]
    public void An_operator_may_open_a_network_and_opens_no_other(string address, bool allowed) =>
        Assert.Equal(allowed, new EgressGuard([IPNetwork.Parse("10.1.0.0/16")], [443]).Allows(IPAddress.Parse(address)));

    [Theory]
    [InlineData(22)]
    [InlineData(25)]
    [InlineData(80)]
    [InlineData(5432)]
    [InlineData(11111)]
    public async Task A_port_that_is_not_listed_is_not_dialled(int port)
    {
        var guard = new EgressGuard([IPNetwork.Parse("127.0.0.0/8")], [443]);
        await Assert.ThrowsAsync<EgressRefusedException>(() =>
            guard.Connect(new("127.0.0.1", port), TestContext.Current.CancellationToken).AsTask());
    }
}
