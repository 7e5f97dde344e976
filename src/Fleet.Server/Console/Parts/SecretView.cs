namespace Fleet.Server.Console.Parts;

/// <summary>Something that is shown once.</summary>
/// <param name="Title">What it is.</param>
/// <param name="Secret">It.</param>
/// <param name="To">The page to go on to.</param>
public sealed record SecretView(string Title, string Secret, string To);
