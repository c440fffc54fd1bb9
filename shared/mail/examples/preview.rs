//! Writes example mails as `.html` (images inlined) and `.eml` into the directory given, to be looked at.

#[path = "../tests/samples/mod.rs"]
mod samples;

use base64::Engine as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args_os().nth(1).ok_or("usage: preview <directory>")?;
    let directory = std::path::Path::new(&directory);
    std::fs::create_dir_all(directory)?;
    let summaries = [
        ("four-rows", samples::four_rows()),
        ("five-years", samples::five_years()),
        ("three-currencies", samples::three_currencies()),
    ];
    for (name, summary) in summaries {
        let mail = mail::render(&summary, &samples::envelope())?;
        let mut html = mail.html;
        for image in &mail.images {
            let data = base64::engine::general_purpose::STANDARD.encode(&image.png);
            html = html.replace(&format!("cid:{}", image.cid), &format!("data:image/png;base64,{data}"));
            std::fs::write(directory.join(format!("{name}-{}.png", image.cid)), &image.png)?;
        }
        std::fs::write(directory.join(format!("{name}.html")), html)?;
        std::fs::write(directory.join(format!("{name}.txt")), mail.text)?;
        std::fs::write(directory.join(format!("{name}.eml")), mail.mime)?;
    }
    Ok(())
}
