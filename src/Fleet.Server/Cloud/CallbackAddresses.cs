using Fleet.Server.Settings;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using System.Security.Cryptography;

namespace Fleet.Server.Cloud;

/// <summary>
/// The addresses at which the cloud reports outcomes. Each attempt has its own, which only Fleet can make. A call of it
/// proves nothing; it only makes Fleet read the checkout earlier.
/// </summary>
internal sealed class CallbackAddresses(IDataProtectionProvider protection, IOptions<FleetOptions> options)
{
    public const string Path = "/fleet/v1/callbacks";

    private readonly IDataProtector _protector = protection.CreateProtector("fleet.callback");

    /// <summary>The address for a checkout; null when Fleet has no public one.</summary>
    public string? MakeAddress(string readerId, Guid checkoutId) => options.Value.Cloud.PublicUrl is { } url
        ? $"{url}{Path}/{_protector.Protect($"{readerId}/{checkoutId:N}")}"
        : null;

    /// <summary>The reader and the checkout of an address; null when Fleet did not make it.</summary>
    public (string ReaderId, Guid CheckoutId)? ReadToken(string token)
    {
        try
        {
            return _protector.Unprotect(token).Split('/') is [var reader, var id] && Guid.TryParse(id, out var checkout)
                ? (reader, checkout)
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
