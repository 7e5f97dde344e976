using System.Globalization;

namespace Fleet.Server.Console.Parts;

/// <summary>Amounts as people type them: <c>12.50</c> or <c>12,50</c>, without separators of thousands.</summary>
internal static class AmountText
{
    private const int MaxLength = 18;

    /// <summary>The amount in major units; null when the text is none.</summary>
    public static decimal? Read(string text) =>
        text.Length is > 0 and <= MaxLength && decimal.TryParse(
            text.Replace(',', '.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
            ? amount
            : null;
}
