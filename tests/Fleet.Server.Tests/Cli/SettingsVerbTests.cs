using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>The verbs for settings of readers and of stores.</summary>
public sealed class SettingsVerbTests : IAsyncLifetime
{
    private readonly FleetApp _fleet = new();
    private Shell? _shell;

    private Shell Shell => _shell ?? throw new InvalidOperationException("The node is not running.");

    public async ValueTask InitializeAsync()
    {
        await _fleet.InitializeAsync();
        _shell = new(_fleet);
    }

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    [Fact]
    public async Task A_passcode_comes_from_standard_input_and_is_printed_only_when_that_is_asked_for()
    {
        await using var device = await _fleet.LockableDevice();
        var set = Shell.Does($"settings set --reader {device.ReaderId} --menu-lock on --passcode-file -", "2580\n");
        Assert.Equal(new MenuLockSettings(true, "2580"), await device.Apply());
        Assert.Equal("""
            SETTING                  VALUE
            menu lock                on
            menu lock, passcode      set
            comes from               the reader
            state                    applied
            on the device            on
            on the device, passcode  set
            """, (await set).TrimEnd(), ignoreLineEndingDifferences: true);

        var shown = await Shell.Does($"settings show --reader {device.ReaderId} --show-passcode");
        Assert.Contains("menu lock, passcode      2580", shown, StringComparison.Ordinal);
        var cleared = await Shell.Does($"settings clear --reader {device.ReaderId}");
        Assert.Contains("menu lock                not set", cleared, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_has_settings_too_with_a_passcode_of_a_file()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "1470\n", TestContext.Current.CancellationToken);
        await using var device = await _fleet.LockableDevice();
        var set = await Shell.Does($"settings set --store default --menu-lock on --passcode-file {file}");
        File.Delete(file);
        Assert.Equal(new MenuLockSettings(true, "1470"), await device.Apply());
        Assert.Contains("menu lock, passcode  set", set, StringComparison.Ordinal);
        await Eventually.Equal(true, async () => (await Shell.Does("settings show --store default --show-passcode"))
            .Contains("1470", StringComparison.Ordinal));
        await Shell.Does("settings clear --store default");
    }

    [Theory]
    [InlineData("settings set --reader R", "Nothing is to be set.")]
    [InlineData("settings show", "Name one reader with --reader")]
    [InlineData("settings show --reader R --store S", "Name one reader with --reader")]
    [InlineData("settings set --reader R --ask-passcode", "--ask-passcode needs a terminal")]
    [InlineData("settings set --reader R --menu-lock maybe", "--menu-lock must be one of on, off")]
    public async Task What_makes_no_sense_is_explained(string line, string why)
    {
        var ran = await Shell.Run(line);
        Assert.NotEqual(0, ran.Code);
        Assert.Contains(why, ran.Error, StringComparison.Ordinal);
    }
}
