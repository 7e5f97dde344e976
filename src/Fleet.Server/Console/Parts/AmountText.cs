using System.Globalization;
using System.Text.RegularExpressions;
using Fleet.Core.Checkouts;
using Fleet.Server.Api.Rpc;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Console.Parts;

/// <summary>Amounts as people type them: <c>12.50</c> or <c>12,50</c>, without separators of thousands.</summary>
internal static partial class AmountText
{
    private const int MaxLength = 18;

    /// <summary>The amount in major units; null when the text is none.</summary>
    public static decimal? Read(string text) =>
        text.Length is > 0 and <= MaxLength && decimal.TryParse(
            text.Replace(',', '.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
            ? amount
            : null;

    /// <summary>
    /// Reads what is to be charged. It must have all decimals of its currency: with fewer it could be read in two ways.
    /// </summary>
    /// <exception cref="Grpc.Core.RpcException">It is no amount; the error names the field.</exception>
    public static Proto.Money ReadCharge(string amount, string currency)
    {
        if (Currencies.MinorUnitOf(currency) is not { } decimals)
            throw RpcErrors.InvalidField("currency", "must be a currency that Fleet knows, for example EUR");
        var written = Charge().Match(amount);
        if (!written.Success || written.Groups["part"].Length != decimals
            || !long.TryParse(written.Groups["whole"].Value + written.Groups["part"].Value, NumberStyles.None,
                CultureInfo.InvariantCulture, out var value) || value is < 1 or > Money.MaxValue)
            throw RpcErrors.InvalidField("amount", $"must be written like {(decimals == 0 ? "1500" : "15.00")}");
        return new() { Currency = currency, MinorUnit = decimals, Value = value };
    }

    [GeneratedRegex(@"^(?<whole>[0-9]{1,13})([.,](?<part>[0-9]{2}))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Charge();
}
