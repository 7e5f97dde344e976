using System.Text.Json;

namespace Fleet.Core;

/// <summary>Names of enum members in columns, bodies and frames: <c>customer_cancelled</c>.</summary>
public static class SnakeCase
{
    /// <summary>The word of a member.</summary>
    public static string ToWireName<T>(this T member) where T : struct, Enum => Words<T>.Of[member];

    /// <summary>The member of a word; null when there is none.</summary>
    public static T? FindMember<T>(string? word) where T : struct, Enum =>
        word is not null && Words<T>.Members.TryGetValue(word, out var member) ? member : null;

    private static class Words<T> where T : struct, Enum
    {
        public static readonly Dictionary<T, string> Of = Enum.GetValues<T>()
            .ToDictionary(member => member, member => JsonNamingPolicy.SnakeCaseLower.ConvertName(member.ToString()));

        public static readonly Dictionary<string, T> Members = Of.ToDictionary(pair => pair.Value, pair => pair.Key);
    }
}
