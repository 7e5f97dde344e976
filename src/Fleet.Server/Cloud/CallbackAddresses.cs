using Fleet.Server.Access;
using Fleet.Server.Settings;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Cloud;

/// <summary>
/// The addresses at which the cloud reports outcomes. Each attempt has its own, which only Fleet can make. A call of it
/// proves nothing; it only makes Fleet read the checkout earlier.
/// </summary>
internal sealed class CallbackAddresses(Seal seal, IOptions<FleetOptions> options)
{
    public const string Path = "/fleet/v1/callbacks";

    private const string Purpose = "fleet.callback";

    /// <summary>
    /// The address for a checkout; null when Fleet has no public one, or cannot seal one now: then the checkout is read
    /// without a call.
    /// </summary>
    public string? MakeAddress(string readerId, Guid checkoutId)
    {
        if (options.Value.Cloud.PublicUrl is not { } url) return null;
        try
        {
            return $"{url}{Path}/{seal.SealText(Purpose, $"{readerId}/{checkoutId:N}")}";
        }
        catch (Exception e) when (e is LedgerUnavailableException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The reader and the checkout of an address; null when Fleet did not make it.</summary>
    /// <exception cref="LedgerUnavailableException">It cannot be known now.</exception>
    public (string ReaderId, Guid CheckoutId)? ReadToken(string token) =>
        seal.OpenText(Purpose, token)?.Split('/') is [var reader, var id] && Guid.TryParse(id, out var checkout)
            ? (reader, checkout)
            : null;
}
