using System.ComponentModel.DataAnnotations;

namespace Fleet.Server.Settings;

/// <summary>
/// A payment that Fleet makes again and again on a virtual reader, to prove the whole road: section
/// <c>Fleet:Canary</c>.
/// </summary>
public sealed class CanaryOptions : IValidatableObject
{
    /// <summary>The code of the sandbox merchant for which it is made. Default none: no such payments.</summary>
    public string? Merchant { get; set; }

    /// <summary>
    /// A key of that merchant with <c>tests.write</c>, <c>readers.read</c>, <c>readers.write</c>,
    /// <c>checkouts.read</c> and <c>checkouts.write</c>.
    /// </summary>
    public string? Key { get; set; }

    /// <summary>
    /// Where the payment is started, for example the address that tills use. Default none: the node's own address.
    /// </summary>
    [Url]
    public string? Url { get; set; }

    /// <summary>Seconds between two payments, 10 to 3600. Default 60; the alert expects 90 at most.</summary>
    [Range(10, 3600)]
    public int Seconds { get; set; } = 60;

    /// <summary>Checks rules that no attribute can express; the message never repeats the key.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if ((Merchant is null) != (Key is null))
            yield return new("The fields Merchant and Key must be given both or not at all.");
        if (Url is not null && Merchant is null) yield return new("The field Url is set, but Merchant is not.");
    }
}
