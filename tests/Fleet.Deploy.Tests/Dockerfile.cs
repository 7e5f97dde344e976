using System.Text.Json;

namespace Fleet.Deploy.Tests;

/// <summary>deploy/Dockerfile, line by line: a stage that builds and one that is the image.</summary>
internal sealed class Dockerfile
{
    /// <summary>The user that the base image of .NET has, as its APP_UID says.</summary>
    public const int AppUser = 1654;

    private readonly Instruction[] _build, _image;

    private Dockerfile(string text)
    {
        var lines = text.Replace("\\\n", "").Split('\n')
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(' ', 2))
            .Select(parts => new Instruction(parts[0], parts[1].Trim())).ToArray();
        var image = Array.FindLastIndex(lines, line => line.Word is "FROM");
        (_build, _image) = (lines[..image], lines[image..]);
    }

    public static Dockerfile Ours { get; } = new(File.ReadAllText(Path.Combine(Repo.Root, "deploy/Dockerfile")));

    /// <summary>What both stages begin from.</summary>
    public IEnumerable<string> Bases =>
        Of(_build, "FROM").Concat(Of(_image, "FROM")).Select(from => from.Split(' ')[0]);

    /// <summary>What the build stage copies and runs, in order.</summary>
    public IEnumerable<Instruction> Steps => _build.Where(line => line.Word is "COPY" or "RUN");

    /// <summary>Where the build works.</summary>
    public string BuildFolder => Of(_build, "WORKDIR").Single();

    /// <summary>Where the program is in the image, and starts.</summary>
    public string ProgramFolder => Of(_image, "WORKDIR").Single();

    /// <summary>What the label of the image says.</summary>
    public string Version => Of(_image, "ARG").Single()["VERSION=".Length..];

    public string User => Of(_image, "USER").Single();

    public IReadOnlyList<string> EntryPoint =>
        JsonSerializer.Deserialize<string[]>(Of(_image, "ENTRYPOINT").Single()) ?? [];

    public IReadOnlyList<int> Ports => [.. Of(_image, "EXPOSE").Single().Split(' ').Select(int.Parse)];

    public IReadOnlyDictionary<string, string> Environment => Of(_image, "ENV")
        .SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    private static IEnumerable<string> Of(Instruction[] stage, string word) =>
        stage.Where(line => line.Word == word).Select(line => line.Text);
}

/// <summary>A line of it.</summary>
internal sealed record Instruction(string Word, string Text);
