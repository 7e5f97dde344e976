using Fleet.Protocol;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Fleet.Server.Api;

/// <summary>Where this node is reached from the same machine.</summary>
internal static class NodeAddress
{
    /// <summary>Where devices connect; known once the server listens.</summary>
    /// <exception cref="InvalidOperationException">The node listens with TLS only.</exception>
    public static Uri FindLink(IServer server)
    {
        var all = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        var plain = all.FirstOrDefault(one => one.StartsWith("http:", StringComparison.OrdinalIgnoreCase))
            ?? throw new InvalidOperationException("Test readers need an address with http.");
        var address = BindingAddress.Parse(plain);
        var host = address.Host is "+" or "*" or "0.0.0.0" or "[::]" ? "127.0.0.1" : address.Host;
        return new UriBuilder("ws", host, address.Port, Link.Path).Uri;
    }
}
