using System.ComponentModel.DataAnnotations;

namespace Fleet.Server;

/// <summary>
/// Settings of a node: section <c>Fleet</c> of the configuration, or <c>--data</c>, <c>--sandbox</c> and the like.
/// </summary>
public sealed class FleetOptions
{
    /// <summary>Folder of the databases, created when missing. Default <c>./data</c>.</summary>
    [Required]
    public string Data { get; set; } = "./data";

    /// <summary>
    /// Whether the sandbox merchant, its well-known key and six virtual readers exist. Default true; the key is
    /// taken only while every address the node listens on is a loopback address.
    /// </summary>
    public bool Sandbox { get; set; } = true;

    /// <summary>
    /// Keeps a reader's slot closed for the whole 60 seconds after an acceptance, final or not. Default false.
    /// </summary>
    public bool StrictSixtySeconds { get; set; }

    /// <summary>Port of the silo on the loopback interface, 1 to 65535. Default 11111.</summary>
    [Range(1, 65535)]
    public int SiloPort { get; set; } = 11111;

    /// <summary>Seconds between pings on a link, 1 to 3600. Default 10; a device that misses two is offline.</summary>
    [Range(1, 3600)]
    public int PingSeconds { get; set; } = 10;

    /// <summary>The merchants of this installation, beside the sandbox one.</summary>
    public List<MerchantOptions> Merchants { get; } = [];

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="ValidationException">One is wrong; the message names it and its rule.</exception>
    /// <exception cref="InvalidOperationException">One is not of its type; the message names it.</exception>
    public static FleetOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Fleet").Get<FleetOptions>() ?? new();
        Check(options, "Fleet");
        foreach (var (merchant, i) in options.Merchants.Select((merchant, i) => (merchant, i)))
        {
            Check(merchant, $"Fleet:Merchants:{i}");
            foreach (var (key, j) in merchant.Keys.Select((key, j) => (key, j)))
                Check(key, $"Fleet:Merchants:{i}:Keys:{j}");
        }
        return options;
    }

    private static void Check(object settings, string section)
    {
        var wrong = new List<ValidationResult>();
        if (Validator.TryValidateObject(settings, new(settings), wrong, validateAllProperties: true)) return;
        throw new ValidationException(string.Join(' ', wrong.Select(one => $"{section}: {one.ErrorMessage}")));
    }
}

/// <summary>One merchant.</summary>
public sealed class MerchantOptions
{
    /// <summary>SumUp's merchant code, for example <c>MH4H92C7</c>.</summary>
    [Required, RegularExpression("^[A-Z0-9]{4,16}$")]
    public string Code { get; set; } = "";

    /// <summary>Takes virtual readers and no money. Default false.</summary>
    public bool Sandbox { get; set; }

    /// <summary>Affiliate keys its tills may use; empty takes any.</summary>
    public List<string> AffiliateKeys { get; } = [];

    /// <summary>The API keys of its tills.</summary>
    public List<KeyOptions> Keys { get; } = [];
}

/// <summary>One API key, of which only the hash is kept.</summary>
public sealed class KeyOptions
{
    /// <summary>SHA-256 of the key, 64 hexadecimal digits.</summary>
    [Required, RegularExpression("^[0-9a-fA-F]{64}$")]
    public string Sha256 { get; set; } = "";

    /// <summary>
    /// What it may do: <c>readers.read</c>, <c>readers.write</c> (or SumUp's older <c>terminals.…</c>). Empty for
    /// both.
    /// </summary>
    public List<string> Scopes { get; } = [];
}
