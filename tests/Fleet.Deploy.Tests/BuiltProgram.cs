namespace Fleet.Deploy.Tests;

/// <summary>The program beside this one, of the same configuration.</summary>
internal static class BuiltProgram
{
    public static string Folder { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../Fleet.Server",
        Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory))));
}
