using System.ComponentModel.DataAnnotations;
using Fleet.Core.Access;

namespace Fleet.Server.Settings;

/// <summary>One API key, of which only the hash is known.</summary>
public sealed class KeyOptions
{
    /// <summary>SHA-256 of the key, 64 hexadecimal digits.</summary>
    [Required, RegularExpression("^[0-9a-fA-F]{64}$")]
    public string Sha256 { get; set; } = "";

    /// <summary>
    /// What it may do: <c>readers.read</c>, <c>readers.write</c> (or SumUp's older <c>terminals.…</c>),
    /// <c>transactions.read</c> (or <c>transactions.history</c>), <c>receipts.read</c>, <c>refunds.write</c> (or
    /// <c>payments</c>), <c>outcomes.write</c>, <c>webhooks.write</c>, <c>checkouts.read</c>, <c>checkouts.write</c>,
    /// <c>fleet.read</c>, <c>incidents.write</c>, <c>tests.write</c>, <c>admin</c>. Empty for all.
    /// </summary>
    public List<string> Scopes { get; } = [];

    /// <summary>Its name for people, in the audit; at most 100 characters.</summary>
    [MaxLength(100)]
    public string Name { get; set; } = "";

    /// <summary>Requests per second it may make on a node; 0 for any number. Default: the node's setting.</summary>
    [Range(0, KeyLimits.MaxRequestsPerSecond)]
    public int? RequestsPerSecond { get; set; }
}
