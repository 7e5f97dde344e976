using System.Text.Json;

namespace Fleet.Core.Tests;

public sealed class PairingSpecs
{
    private static readonly ReaderProfile Unconfirmed = new()
    {
        MerchantCode = "MC0X0ABC",
        Store = "default",
        Name = "Front desk",
        Device = Ready.Device,
        Status = PairingStatus.Processing,
        CreatedAt = Noon,
        UpdatedAt = Noon,
    };

    [Theory]
    [InlineData(-3_600, PairingStatus.Expired)] // the clock was set back: how long ago it was is unknown
    [InlineData(-5, PairingStatus.Processing)]
    [InlineData(0, PairingStatus.Processing)]
    [InlineData((4 * 60) + 59, PairingStatus.Processing)]
    [InlineData(299.999, PairingStatus.Processing)]
    [InlineData(5 * 60, PairingStatus.Expired)]
    [InlineData(86_400, PairingStatus.Expired)]
    public void An_unconfirmed_pairing_expires_after_five_minutes(double at, PairingStatus told) =>
        Assert.Equal(told, Unconfirmed.StatusAt(At(at)));

    [Theory]
    [InlineData(PairingStatus.Paired)]
    [InlineData(PairingStatus.Expired)]
    [InlineData(PairingStatus.Removed)]
    public void Every_pairing_that_is_not_waiting_no_longer_ages(PairingStatus status) =>
        Assert.All([0, 299, 300, 86_400], at =>
            Assert.Equal(status, (Unconfirmed with { Status = status }).StatusAt(At(at))));

    [Theory]
    [InlineData(Device.VirtualSolo, true, true)]
    [InlineData(Device.VirtualSolo, false, false)]
    [InlineData(Device.Solo, true, false)]
    [InlineData(Device.Solo, false, true)]
    public void Virtual_readers_suit_sandboxes_and_real_ones_money(string model, bool sandbox, bool suits) =>
        Assert.Equal(suits, ReaderProfile.SuitsMerchant(Ready.Device with { Model = model }, sandbox));

    [Theory]
    [InlineData("S", "solo", "1", true)]
    [InlineData("S", "virtual-solo", "1", true)]
    [InlineData("", "solo", "1", false)]
    [InlineData("S", "solo", "", false)]
    [InlineData("S", "", "1", false)]
    [InlineData("S", "Solo", "1", false)]
    [InlineData("S", "toaster", "1", false)]
    public void A_device_is_a_known_model_with_its_texts(string serial, string model, string firmware, bool valid) =>
        Assert.Equal(valid, new Device(serial, model, firmware).IsValid);

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void The_texts_of_a_device_have_a_limit(int length, bool valid)
    {
        Assert.Equal(valid, new Device(new('s', length), Device.Solo, "1").IsValid);
        Assert.Equal(valid, new Device("S", Device.Solo, new('1', length)).IsValid);
    }

    [Theory]
    [InlineData(0, "is required")]
    [InlineData(1, null)]
    [InlineData(500, null)]
    [InlineData(501, "must have at most 500 characters")]
    public void A_reader_name_has_1_to_500_characters(int length, string? message)
    {
        var fields = new FieldCheck();

        Assert.Equal(length, fields.CheckName(new('n', length)).Length);
        Assert.Equal(message is null ? [] : [new("name", message)], fields.Errors);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(" ")]
    [InlineData("\t\r\n")]
    [InlineData("\u00a0")]
    [InlineData("\u2003\u3000")]
    public void A_reader_name_is_missing_when_it_is_blank(string? name)
    {
        var fields = new FieldCheck();

        fields.CheckName(name);

        Assert.Equal([new("name", "is required")], fields.Errors);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(64, null)]
    [InlineData(65, "must have at most 64 members")]
    public void Metadata_has_at_most_sixty_four_members_each_time(int count, string? message)
    {
        var fields = new FieldCheck();

        fields.CheckMetadata(JsonSerializer.SerializeToElement(Enumerable.Range(1, count).ToDictionary(i => $"k{i}")));

        Assert.Equal(message is null ? [] : [new("metadata", message)], fields.Errors);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("1")]
    [InlineData("false")]
    public void Metadata_that_is_not_an_object_is_refused(string json)
    {
        var fields = new FieldCheck();

        fields.CheckMetadata(JsonSerializer.Deserialize<JsonElement>(json));

        Assert.Equal([new("metadata", "must be an object")], fields.Errors);
    }

    [Fact]
    public void A_blank_reader_name_of_any_length_is_missing()
    {
        var fields = new FieldCheck();

        fields.CheckName(new(' ', 501));

        Assert.Equal([new("name", "is required")], fields.Errors);
    }

    [Fact]
    public void Absent_and_undefined_and_null_metadata_are_the_same()
    {
        var fields = new FieldCheck();

        Assert.Null(fields.CheckMetadata(null));
        Assert.Null(fields.CheckMetadata(default(JsonElement)));
        Assert.Null(fields.CheckMetadata(JsonSerializer.Deserialize<JsonElement>("null")));
        Assert.Empty(fields.Errors);
    }
}
