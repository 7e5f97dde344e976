using Fleet.Core.Checkouts;
using Fleet.Protocol;

namespace Fleet.Server.Links;

/// <summary>What a virtual device may say of itself to a test.</summary>
internal static class SceneRules
{
    /// <summary>Longest word of a scene.</summary>
    public const int MaxWord = 64;

    /// <summary>Longest sentence with which a device refuses a wish, in UTF-16 units.</summary>
    public const int MaxSentence = 500;

    /// <summary>
    /// Whether an answer can be true: its words are known, its texts are short, its numbers are possible.
    /// </summary>
    public static bool IsPossible(Acted acted) =>
        IsText(acted.Refused, MaxSentence) && acted.Scene is { } scene
        && SceneScreens.All.Contains(scene.Screen)
        && scene is { Version: >= 0, WaitingResults: >= 0, Charges: >= 0, Scripted: >= 0 }
        && scene is { Amount: null or >= 0, Tip: null or >= 0, Battery: null or (>= 0 and <= 100) }
        && (scene.LastOutcome is null || SceneOutcomes.All.Contains(scene.LastOutcome))
        && (scene.Connection is null || Connections.All.Contains(scene.Connection))
        && IsText(scene.Currency, MaxWord) && IsText(scene.LastReason, MaxWord) && IsText(scene.Scenario, MaxWord)
        && IsText(scene.Firmware, MaxWord);

    /// <summary>Whether a text that may be missing is short, and can be saved.</summary>
    public static bool IsText(string? text, int most) =>
        text is null || (text.Length <= most && FieldCheck.IsStorable(text));
}
