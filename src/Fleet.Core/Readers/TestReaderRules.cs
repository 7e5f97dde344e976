namespace Fleet.Core.Readers;

/// <summary>What a test may do with virtual readers.</summary>
public static class TestReaderRules
{
    /// <summary>The most test readers of a node.</summary>
    public const int MaxReaders = 1_000;

    /// <summary>May a node make more test readers? Null when it may.</summary>
    /// <param name="present">How many it has.</param>
    /// <param name="more">How many are wanted.</param>
    public static Refusal? AddReaders(int present, int more) =>
        present + more > MaxReaders ? Refusal.TooManyTestReaders : null;

    /// <summary>Was a wish done? Null when it was.</summary>
    /// <param name="obeysTests">Whether the device said that it obeys tests.</param>
    /// <param name="refused">Why the device did not do it, in a sentence; null when it did.</param>
    public static Refusal? JudgeAnswer(bool obeysTests, string? refused)
    {
        if (!obeysTests) return Refusal.NotTestable;
        return refused is null ? null : Refusal.TestRefused(refused.TrimEnd('.'));
    }
}
