using System.Buffers;
using Fleet.Core.Checkouts;

namespace Fleet.Core.Stores;

/// <summary>The rules for the fields of a store, and for the tags of its readers.</summary>
public static class StoreFields
{
    /// <summary>Longest id of a store, and longest tag.</summary>
    public const int MaxId = 64;

    /// <summary>Longest name of a store, in characters as a person sees them.</summary>
    public const int MaxName = 200;

    /// <summary>Tags of one reader, or in one request.</summary>
    public const int MaxTags = 16;

    /// <summary>What an id or a tag must be, for callers.</summary>
    public const string IdRule = "must be 1 to 64 lower-case letters, digits, dashes or underscores";

    private static readonly SearchValues<char> Letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>Whether a text can be the id of a store, for example <c>store-42</c>, or a tag.</summary>
    public static bool IsId(string text) =>
        text.Length is > 0 and <= MaxId && !text.AsSpan().ContainsAnyExcept(Letters);

    /// <summary>The id of a store.</summary>
    public static string CheckStore(this FieldCheck fields, string field, string store)
    {
        if (!IsId(store)) fields.AddError(field, IdRule);
        return store;
    }

    /// <summary>Tags, each named once.</summary>
    public static IReadOnlyList<string> CheckTags(this FieldCheck fields, string field, IEnumerable<string> tags)
    {
        var distinct = tags.Distinct().ToList();
        if (distinct.Count > MaxTags) fields.AddError(field, $"must be at most {MaxTags} tags");
        for (var i = 0; i < distinct.Count; i++)
        {
            if (!IsId(distinct[i])) fields.AddError($"{field}[{i}]", IdRule);
        }
        return distinct;
    }
}
