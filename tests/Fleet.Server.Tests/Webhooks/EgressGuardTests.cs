using System.Net;
using System.Net.Sockets;
using Fleet.Core.Checkouts;
using Fleet.Server.Webhooks;

namespace Fleet.Server.Tests;

/// <summary>Which addresses and ports a webhook may reach.</summary>
public sealed class EgressGuardTests
{
    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("168.63.129.16")] // of Azure, which tells a machine there what is the machine's alone
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
        Assert.False(EgressRules.PublicOnly.AllowsAddress(IPAddress.Parse(address)));

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.1")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("2606:4700::1111")]
    [InlineData("::ffff:8.8.8.8")]
    public void A_public_address_is(string address) =>
        Assert.True(EgressRules.PublicOnly.AllowsAddress(IPAddress.Parse(address)));

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("10.2.0.1", false)]
    [InlineData("127.0.0.1", false)]
    public void An_operator_may_open_a_network_and_opens_no_other(string address, bool allowed) =>
        Assert.Equal(allowed,
            new EgressRules([IPNetwork.Parse("10.1.0.0/16")], []).AllowsAddress(IPAddress.Parse(address)));

    [Theory]
    [InlineData(22)]
    [InlineData(25)]
    [InlineData(80)]
    [InlineData(5432)]
    [InlineData(11111)]
    public async Task A_port_that_is_not_listed_is_not_dialled(int port)
    {
        var guard = new EgressGuard(new([IPNetwork.Parse("127.0.0.0/8")], []));
        await Assert.ThrowsAsync<EgressRefusedException>(() =>
            guard.ConnectHost(new("127.0.0.1", port), TestContext.Current.CancellationToken).AsTask());
    }

    [Theory]
    [InlineData("127.0.0.2")] // so that it is seen when all are good
    [InlineData("127.0.0.2", "127.0.0.1")]
    [InlineData("127.0.0.1", "127.0.0.2")]
    [InlineData("127.0.0.2", "::1")]
    [InlineData("127.0.0.2", "::ffff:127.0.0.1")]
    [InlineData("127.0.0.2", "8.8.8.8", "10.0.0.1")]
    [InlineData]
    public async Task A_name_is_dialled_only_if_all_of_its_addresses_are_allowed(params string[] addresses)
    {
        using var machine = TcpListener.Create(0);
        machine.Start();
        var guard = Guard(machine, () => addresses);

        if (addresses.Length == 1)
        {
            await using var connected = await guard.ConnectHost(Named(machine), TestContext.Current.CancellationToken);
        }
        else
        {
            await Assert.ThrowsAsync<EgressRefusedException>(() =>
                guard.ConnectHost(Named(machine), TestContext.Current.CancellationToken).AsTask());
        }

        Assert.Equal(addresses.Length == 1, machine.Pending());
    }

    /// <summary>
    /// A DNS server that answers differently each time, so that a second look-up would get a bad address.
    /// </summary>
    [Fact]
    public async Task A_name_is_asked_for_once_and_what_was_looked_at_is_what_is_dialled()
    {
        using var machine = TcpListener.Create(0);
        machine.Start();
        var asked = 0;
        var guard = Guard(machine, () => asked++ % 2 == 0 ? ["127.0.0.2"] : ["127.0.0.1"]);

        for (var i = 1; i <= 3; i++)
        {
            await using (await guard.ConnectHost(Named(machine), TestContext.Current.CancellationToken))
            {
                using var taken = await machine.AcceptSocketAsync(TestContext.Current.CancellationToken);
                Assert.Equal(IPAddress.Parse("127.0.0.2"), (taken.LocalEndPoint as IPEndPoint)?.Address.MapToIPv4());
            }
            Assert.Equal(i * 2 - 1, asked);
            await Assert.ThrowsAsync<EgressRefusedException>(() =>
                guard.ConnectHost(Named(machine), TestContext.Current.CancellationToken).AsTask());
            Assert.False(machine.Pending());
        }
    }

    private static DnsEndPoint Named(TcpListener machine) =>
        new("till.example", ((IPEndPoint)machine.LocalEndpoint).Port);

    /// <summary>One that may dial 127.0.0.2, and has names answered like this.</summary>
    private static EgressGuard Guard(TcpListener machine, Func<string[]> names) => new(
        new([IPNetwork.Parse("127.0.0.2/32")], [Named(machine).Port]),
        (_, _) => Task.FromResult(names().Select(IPAddress.Parse).ToArray()));
}
