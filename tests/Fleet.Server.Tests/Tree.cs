using System.Runtime.CompilerServices;

namespace Fleet.Server.Tests;

/// <summary>The working tree that this test was built from.</summary>
internal static class Tree
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "../.."));

    private static string Here([CallerFilePath] string here = "") => Path.GetDirectoryName(here) ?? "";
}
