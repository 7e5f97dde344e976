using System.Reflection;

namespace Fleet.Server;

/// <summary>The version of the program, which is defined in <c>Directory.Build.props</c> only.</summary>
internal static class ProgramVersion
{
    public static string Text { get; } = typeof(ProgramVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? throw new InvalidOperationException("The program was built without a version.");
}
