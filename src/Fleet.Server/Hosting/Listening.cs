using System.ComponentModel.DataAnnotations;
using Fleet.Server.Api;
using Fleet.Server.Settings;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Fleet.Server.Hosting;

/// <summary>
/// The addresses of a node: the public ones, one for gRPC, which without TLS needs its own, maybe one for the
/// administration, and one for operations.
/// </summary>
internal static class Listening
{
    private const string DefaultUrls = "http://127.0.0.1:8080";

    /// <summary>Sets the addresses of the web server, with the names that <see cref="NodeAddresses"/> knows.</summary>
    public static void UseAddresses(this WebApplicationBuilder builder, FleetOptions options)
    {
        var urls = (builder.Configuration["urls"] ?? DefaultUrls).Split(';', StringSplitOptions.RemoveEmptyEntries);
        CheckUrls("urls", urls);
        List<string> all = [.. urls];
        var addresses = urls.Select((url, i) => new Address($"{i}", url, PortMark.Public)).ToList();
        Add(nameof(options.GrpcUrl), new(NodeAddresses.GrpcName, options.GrpcUrl, PortMark.Grpc));
        // Between the two others by its name.
        if (options.AdminUrl is { } admin)
            Add(nameof(options.AdminUrl), new(NodeAddresses.AdminName, admin, PortMark.Admin));
        if (options.OperationsUrl is { Length: > 0 } operations)
            Add(nameof(options.OperationsUrl), new(NodeAddresses.OperationsName, operations, PortMark.Operations));
        CheckCertificates(options, addresses, builder.Configuration);
        builder.Configuration.AddInMemoryCollection(addresses.SelectMany(address => address.ToSettings()));
        builder.WebHost.UseUrls(); // otherwise the web server would warn that they are not used
        builder.WebHost.ConfigureAddresses(addresses);
        // before Orleans joins the cluster
        builder.Services.AddHostedService(services => new PortCheck(
            all, services.GetRequiredService<IOptions<EndpointOptions>>()));

        void Add(string field, Address address)
        {
            CheckUrls($"Fleet:{field}", address.Url);
            if (all.Any(url => IsSame(url, address.Url)))
                throw new ValidationException($"Fleet: The field {field} must be an address of its own.");
            all.Add(address.Url);
            addresses.Add(address);
        }
    }

    /// <summary>Marks the connections that come in at each address, and gives it its certificates.</summary>
    private static void ConfigureAddresses(this IWebHostBuilder web, IReadOnlyList<Address> addresses) =>
        web.ConfigureKestrel(kestrel =>
        {
            var loader = kestrel.ConfigurationLoader
                ?? throw new InvalidOperationException("The web server does not mark connections.");
            var certificates = kestrel.ApplicationServices.GetRequiredService<NodeCertificates>();
            foreach (var (name, _, mark) in addresses)
            {
                loader.Endpoint(name, here =>
                {
                    here.ListenOptions.Use(next => connection =>
                    {
                        connection.Features.Set(mark);
                        return next(connection);
                    });
                    here.HttpsOptions.UseCertificates(mark, certificates);
                });
            }
        });

    private static void CheckCertificates(
        FleetOptions options, IReadOnlyList<Address> addresses, ConfigurationManager settings)
    {
        var encrypted = addresses.Where(address => address.IsHttps && address.Mark != PortMark.Grpc).ToArray();
        // The web server has a setting of its own for it.
        if (encrypted is [var first, ..] && options.Certificate is null
            && !settings.GetSection("Kestrel:Certificates:Default").Exists())
            throw new ValidationException($"Fleet: The address {first.Url} begins with https, so the fields "
                + "Certificate and CertificateKey must name PEM files.");
        if (options.Certificate is not null && encrypted.Length == 0)
            throw new ValidationException("Fleet: The field Certificate is set, but no address begins with https.");
        if (options.DeviceAuthority is not null && !encrypted.Any(address => address.Mark == PortMark.Public))
            throw new ValidationException("Fleet: The field DeviceAuthority is set, but urls has none with https.");
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
                && address is { PathBase.Length: 0, IsUnixPipe: false, IsNamedPipe: false };
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

    /// <summary>One address of the web server.</summary>
    private sealed record Address(string Name, string Url, PortMark Mark)
    {
        public bool IsHttps => Url.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

        public IEnumerable<KeyValuePair<string, string?>> ToSettings()
        {
            yield return new($"Kestrel:Endpoints:{Name}:Url", Url);
            if (Mark == PortMark.Grpc || (Mark == PortMark.Admin && !IsHttps))
                yield return new($"Kestrel:Endpoints:{Name}:Protocols", "Http2");
            else if (IsHttps) // without HTTP/3, whose connections are not marked
                yield return new($"Kestrel:Endpoints:{Name}:Protocols", "Http1AndHttp2");
        }
    }
}
