namespace Fleet.Server.Api;

/// <summary>
/// Says at which of the node's addresses a connection came in. The address itself sets it, so nothing in a request can
/// claim another one.
/// </summary>
/// <param name="Name">What the address is for.</param>
internal sealed record PortMark(string Name)
{
    /// <summary>The addresses of tills and devices.</summary>
    public static readonly PortMark Public = new("public");

    public static readonly PortMark Grpc = new("grpc");

    public static readonly PortMark Admin = new("admin");

    public static readonly PortMark Operations = new("operations");

    /// <summary>Whether a request came in there.</summary>
    public bool IsOf(HttpContext http) => http.Features.Get<PortMark>() == this;
}
