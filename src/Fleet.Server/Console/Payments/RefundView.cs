using System.Globalization;
using Fleet.Core.Checkouts;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Console.Payments;

/// <summary>What the page shows.</summary>
/// <param name="Checkout">The payment.</param>
/// <param name="Left">What can be given back, in minor units.</param>
/// <param name="Key">The name of this request: the form that is sent twice gives back once.</param>
public sealed record RefundView(Proto.Checkout Checkout, long Left, string Key)
{
    /// <summary>What can be given back, in major units.</summary>
    public string LeftMajor => new Money(Checkout.TotalAmount.Currency, Checkout.TotalAmount.MinorUnit, 1)
        .Major(Left).ToString(CultureInfo.InvariantCulture);
}
