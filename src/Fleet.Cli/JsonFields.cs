using System.Text.Json;

namespace Fleet.Cli;

/// <summary>Reads members of REST's answers.</summary>
internal static class JsonFields
{
    /// <summary>A member as it is written; empty when it is not there.</summary>
    public static string TextOf(this JsonElement one, string name) =>
        one.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null
            ? Terminal.ToPlainText(value.ValueKind is JsonValueKind.Number ? value.GetRawText() : $"{value}")
            : "";

    /// <summary>A word that REST writes in capitals, in small letters.</summary>
    public static string WordOf(this JsonElement one, string name) => one.TextOf(name).ToLowerInvariant();

    /// <summary>An amount in major units; 0 when it is not there.</summary>
    public static decimal DecimalOf(this JsonElement one, string name) =>
        one.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number ? value.GetDecimal() : 0;
}
