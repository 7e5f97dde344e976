using System.ComponentModel.DataAnnotations;
using Fleet.Core.Retention;

namespace Fleet.Server.Settings;

/// <summary>What is exported before it is removed: section <c>Fleet:Retention</c>.</summary>
public sealed class RetentionOptions : IValidatableObject
{
    /// <summary>
    /// Folder to which old rows are exported before they are removed, the same for all nodes. It must exist. Default
    /// none: webhook events, exchanges and resolved incidents are removed without an export.
    /// </summary>
    public string? ExportFolder { get; set; }

    /// <summary>
    /// Days that payments are kept after their outcome, 90 to 36500; needs <see cref="ExportFolder"/>. So long a sale
    /// cannot be paid again. Default none: they are kept for ever.
    /// </summary>
    [Range(RetentionRules.MinLongDays, RetentionRules.MaxDays)]
    public int? CheckoutDays { get; set; }

    /// <summary>
    /// Days that rows of the audit are kept, 90 to 36500; needs <see cref="ExportFolder"/>. Default none: they are kept
    /// for ever.
    /// </summary>
    [Range(RetentionRules.MinLongDays, RetentionRules.MaxDays)]
    public int? AuditDays { get; set; }

    /// <summary>Checks rules that no attribute can express.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if ((CheckoutDays ?? AuditDays) is not null && ExportFolder is null)
            yield return new("The field CheckoutDays or AuditDays is set, but ExportFolder is not.");
        if (ExportFolder is not null && !Directory.Exists(ExportFolder))
            yield return new($"The field ExportFolder has {ExportFolder}, which is not a folder.");
    }
}
