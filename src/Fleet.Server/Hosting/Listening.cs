using System.ComponentModel.DataAnnotations;
using Fleet.Server.Settings;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Fleet.Server.Hosting;

/// <summary>
/// The addresses of a node: the public ones, one for gRPC, which without TLS needs its own, and one for operations.
/// </summary>
internal static class Listening
{
    private const string DefaultUrls = "http://127.0.0.1:8080";

    /// <summary>
    /// Sets the addresses of the web server. The names are in the order in which the addresses are listed later.
    /// </summary>
    public static void UseAddresses(this WebApplicationBuilder builder, FleetOptions options)
    {
        var urls = (builder.Configuration["urls"] ?? DefaultUrls).Split(';', StringSplitOptions.RemoveEmptyEntries);
        CheckUrls("urls", urls);
        CheckUrls("Fleet:GrpcUrl", options.GrpcUrl);
        List<string> all = [.. urls, options.GrpcUrl];
        var endpoints = urls.Select((url, i) => KeyValuePair.Create($"Kestrel:Endpoints:{i}:Url", (string?)url))
            .Append(new("Kestrel:Endpoints:Grpc:Url", options.GrpcUrl))
            .Append(new("Kestrel:Endpoints:Grpc:Protocols", "Http2"))
            .Concat(GrpcTls.ToWebServerSettings(options));
        if (options.OperationsUrl is { Length: > 0 } operations)
        {
            CheckUrls("Fleet:OperationsUrl", operations);
            if (all.Any(url => IsSame(url, operations)))
                throw new ValidationException("Fleet: The field OperationsUrl must be an address of its own.");
            endpoints = endpoints.Append(new($"Kestrel:Endpoints:{OperationsPort.Endpoint}:Url", operations));
            builder.WebHost.MarkOperations();
            all.Add(operations);
        }
        builder.Configuration.AddInMemoryCollection(endpoints);
        // before Orleans joins the cluster
        builder.Services.AddHostedService(services => new PortCheck(
            all, services.GetRequiredService<IOptions<EndpointOptions>>()));
        builder.WebHost.UseUrls(); // otherwise the web server would warn that they are not used
        if (options.GrpcClientCa is { } ca) builder.WebHost.DemandCertificates(ca);
    }

    private static void CheckUrls(string name, params string[] urls)
    {
        if (urls.Length == 0)
            throw new ValidationException($"{name} must have at least one address like {DefaultUrls}.");
        foreach (var url in urls)
        {
            if (!IsAddress(url))
                throw new ValidationException($"{name} must be an address like {DefaultUrls}, not {url}.");
        }
    }

    private static bool IsAddress(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return address.Scheme.ToLowerInvariant() is "http" or "https" && address.Port is >= 0 and <= ushort.MaxValue
                && address.PathBase.Length == 0;
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Whether two addresses are the same; port 0 means any free port.</summary>
    private static bool IsSame(string one, string other)
    {
        var (a, b) = (BindingAddress.Parse(one), BindingAddress.Parse(other));
        return a.Port == b.Port && a.Port != 0 && a.Host.Equals(b.Host, StringComparison.OrdinalIgnoreCase);
    }
}
