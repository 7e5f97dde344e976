using System.Globalization;

namespace Fleet.Core.Stores;

/// <summary>
/// Versions of firmware: numbers with dots between them, the first counting most, as in <c>3.3.40.3</c>.
/// </summary>
public static class Firmware
{
    /// <summary>The first firmware of a Solo that supports tips fully, according to SumUp's description.</summary>
    public const string KnowsTips = "3.3.38.0";

    /// <summary>The first firmware of a Solo that has a menu lock, according to SumUp's description.</summary>
    public const string KnowsMenuLock = "3.3.44.0";

    private const int MaxParts = 8;

    /// <summary>Whether a text is a version.</summary>
    public static bool IsVersion(string text) => ParseParts(text) is not null;

    /// <summary>Whether a version is the minimum or newer. One that cannot be read counts as older than any.</summary>
    public static bool AtLeast(string version, string floor)
    {
        if (ParseParts(version) is not { } have || ParseParts(floor) is not { } need) return false;
        for (var i = 0; i < Math.Max(have.Length, need.Length); i++)
        {
            var (mine, least) = (have.ElementAtOrDefault(i), need.ElementAtOrDefault(i));
            if (mine != least) return mine > least;
        }
        return true;
    }

    private static int[]? ParseParts(string text)
    {
        var parts = text.Split('.');
        if (parts.Length > MaxParts) return null;
        var numbers = new int[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i])) return null;
        }
        return numbers;
    }
}
