namespace Fleet.Server.Rpc;

/// <summary>
/// Where a node listens: the public addresses, and one for gRPC, which without TLS needs an address of its own.
/// </summary>
internal static class Listening
{
    private const string DefaultUrls = "http://127.0.0.1:8080";

    /// <summary>Tells the web server. The names are in the order in which the addresses are listed later.</summary>
    public static void UseAddresses(this WebApplicationBuilder builder, FleetOptions options)
    {
        var urls = (builder.Configuration["urls"] ?? DefaultUrls).Split(';', StringSplitOptions.RemoveEmptyEntries);
        var endpoints = urls.Select((url, i) => KeyValuePair.Create($"Kestrel:Endpoints:{i}:Url", (string?)url))
            .Append(new("Kestrel:Endpoints:Grpc:Url", options.GrpcUrl))
            .Append(new("Kestrel:Endpoints:Grpc:Protocols", "Http2"))
            .Concat(GrpcTls.Settings(options));
        builder.Configuration.AddInMemoryCollection(endpoints);
        builder.WebHost.UseUrls(); // or the web server would warn that they are not used
        if (options.GrpcClientCa is { } ca) builder.WebHost.DemandCertificates(ca);
    }
}
