using System.Text.Json;

namespace Fleet.Core;

/// <summary>Names of enum members in columns, bodies and frames: <c>customer_cancelled</c>.</summary>
public static class SnakeCase
{
    /// <summary>Told in place of a word, or a number, that only a newer version of Fleet knows.</summary>
    public const string Unrecognized = "unrecognized";

    /// <summary>The word of a member; <see cref="Unrecognized"/> for what is none.</summary>
    public static string ToWireName<T>(this T member) where T : struct, Enum =>
        Words<T>.Of.GetValueOrDefault(member, Unrecognized);

    /// <summary>The member of a stored word; for a word of a newer version a number that is no member.</summary>
    public static T ReadMember<T>(string word) where T : struct, Enum =>
        FindMember<T>(word) ?? (T)Enum.ToObject(typeof(T), -1);

    /// <summary>Whether this version knows it.</summary>
    public static bool IsRecognized<T>(this T member) where T : struct, Enum => Words<T>.Of.ContainsKey(member);

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
