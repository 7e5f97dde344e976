using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Fleet.Server.Api;

/// <summary>
/// The addresses at which this node listens, as a program on the same machine reaches them; known once the server
/// listens.
/// </summary>
internal sealed class NodeAddresses(IServer server, IConfiguration configuration)
{
    /// <summary>The names of the addresses that are not for tills, in the settings of the web server.</summary>
    public const string GrpcName = "Grpc", AdminName = "GrpcAdmin", OperationsName = "Operations";

    /// <summary>Where tills and devices connect; the first ones are those of the setting <c>urls</c>.</summary>
    public IReadOnlyList<Uri> Tills =>
        [.. All.Where(one => one.Name is not (GrpcName or AdminName or OperationsName)).Select(one => one.Url)];

    /// <summary>Where gRPC is answered.</summary>
    public Uri Grpc => All.First(one => one.Name == GrpcName).Url;

    /// <summary>Where the administration is answered: at an address of its own, or where tills call.</summary>
    public Uri Admin => All.FirstOrDefault(one => one.Name == AdminName).Url ?? Tills[0];

    /// <summary>Where operators see health and metrics; null for nowhere.</summary>
    public Uri? Operations => All.FirstOrDefault(one => one.Name == OperationsName).Url;

    /// <summary>Where the devices of this process connect; null when tills and devices have TLS only.</summary>
    public Uri? Link => Tills.FirstOrDefault(one => one.Scheme == Uri.UriSchemeHttp) is { } plain
        ? new UriBuilder(plain) { Scheme = "ws", Path = Protocol.Link.Path }.Uri
        : null;

    /// <summary>The web server lists its addresses in the order in which it reads them from its settings.</summary>
    private IEnumerable<(string Name, Uri Url)> All => configuration.GetSection("Kestrel:Endpoints").GetChildren()
        .Select(endpoint => endpoint.Key)
        .Zip(server.Features.Get<IServerAddressesFeature>()?.Addresses.Select(ToLocal) ?? []);

    private static Uri ToLocal(string text)
    {
        var address = BindingAddress.Parse(text);
        var host = address.Host is "+" or "*" or "0.0.0.0" or "[::]" ? "127.0.0.1" : address.Host;
        return new UriBuilder(address.Scheme, host, address.Port).Uri;
    }
}
