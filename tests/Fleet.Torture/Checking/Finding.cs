namespace Fleet.Torture.Checking;

/// <summary>What one rule found.</summary>
/// <param name="Rule">Its name.</param>
/// <param name="Looked">How many things it looked at, in words.</param>
/// <param name="Broken">Every place that breaks it.</param>
internal sealed record Finding(string Rule, string Looked, IReadOnlyList<string> Broken)
{
    public bool Holds => Broken.Count == 0;
}
