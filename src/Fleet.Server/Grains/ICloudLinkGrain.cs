using Fleet.Core;
using Orleans.Concurrency;

namespace Fleet.Server.Grains;

/// <summary>
/// The link of a reader with SumUp's cloud; a device of Fleet's own has a connection instead. It sends checkouts to the
/// cloud and reads what became of them.
/// </summary>
[Alias("fleet.cloud-link")]
internal interface ICloudLinkGrain : IGrainWithStringKey
{
    /// <summary>
    /// Sends a checkout if that was not tried before, and reads its state until it has an outcome. When the call is
    /// lost, the reader calls again later.
    /// </summary>
    [Alias("show"), OneWay]
    Task ShowCheckout(Guid checkoutId);

    /// <summary>Asks the cloud to end a checkout.</summary>
    [Alias("end"), OneWay]
    Task EndCheckout(Guid checkoutId);

    /// <summary>Takes that the cloud called because of a checkout. That proves nothing: the checkout is read.</summary>
    [Alias("call"), OneWay]
    Task NoteCallback(Guid checkoutId);

    /// <summary>
    /// Waits until it is known whether the cloud took a checkout, for 8.5 seconds at most. Null when it did, otherwise
    /// the refusal.
    /// </summary>
    [Alias("await"), ResponseTimeout("00:00:15")]
    Task<Refusal?> AwaitAnswer(Guid checkoutId);
}
